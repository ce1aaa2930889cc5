#include "weir/sim/net.h"

#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "weir/core/error.h"
#include "weir/sim/world.h"

namespace weir::sim {
namespace {

using namespace std::chrono_literals;

/// One end that notes what it gets.
struct End {
  std::unique_ptr<ByteStream> stream;
  std::string got;
  std::vector<std::size_t> pieces;
  std::string closed = "open";

  void take(std::unique_ptr<ByteStream> made) {
    stream = std::move(made);
    stream->start({[this](std::string bytes) {
                     got += bytes;
                     pieces.push_back(bytes.size());
                   },
                   [this](const std::string& error) { closed = error.empty() ? "in order" : error; }});
  }
};

/// A listener, and a client that is connected to it.
struct Pair {
  explicit Pair(World& in_world)
      : world(in_world), listener(world.network().listen({"localhost", 7000}, [this](std::unique_ptr<ByteStream> made) {
          server.take(std::move(made));
        })) {
    world.network().connect({"localhost", 7000}, [this](std::unique_ptr<ByteStream> made, const std::string& error) {
      EXPECT_EQ(error, "");
      client.take(std::move(made));
    });
    world.run_until([&] { return client.stream && server.stream; });
  }

  World& world;
  std::unique_ptr<Listener> listener;
  End client;
  End server;
};

void run_all(World& world) {
  while (world.run_one()) {
  }
}

std::string numbered_text(std::size_t size) {
  std::string text;
  for (int i = 0; text.size() < size; ++i) text += std::to_string(i) + ",";
  return text;
}

TEST(Net, TellsThatAllHasLeftOnceTheOtherEndHasIt) {
  World world(3);
  std::unique_ptr<Listener> listener;
  End server;
  listener = world.network().listen({"localhost", 7000},
                                    [&](std::unique_ptr<ByteStream> made) { server.take(std::move(made)); });
  std::unique_ptr<ByteStream> client;
  std::vector<std::size_t> had;  // by the server, whenever it was told
  world.network().connect({"localhost", 7000}, [&](std::unique_ptr<ByteStream> made, const std::string&) {
    client = std::move(made);
    client->start({.on_bytes = [](const std::string&) {},
                   .on_closed = [](const std::string&) {},
                   .on_sent = [&] { had.push_back(server.got.size()); }});
  });
  world.run_until([&] { return client && server.stream; });
  run_all(world);
  EXPECT_TRUE(had.empty());
  server.stream->pause();
  client->write(numbered_text(100'000));
  world.run_for(1s);
  EXPECT_TRUE(had.empty());
  server.stream->resume();
  run_all(world);
  ASSERT_FALSE(had.empty());
  EXPECT_EQ(had.back(), server.got.size());
  EXPECT_GE(server.got.size(), 100'000U);
}

TEST(Net, DeliversNoEmptyPiecesWhenAResetTakesAllThatWasUnread) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    World world(seed);
    Pair pair(world);
    pair.client.stream->write("abcdefgh");
    world.run_until([&] { return !pair.server.got.empty(); });
    pair.client.stream.reset();
    run_all(world);
    EXPECT_EQ(pair.server.got, std::string("abcdefgh").substr(0, pair.server.got.size())) << seed;
    for (const std::size_t size : pair.server.pieces) EXPECT_GT(size, 0U) << seed;
  }
}

TEST(Net, RefusesAConnectionWhenNobodyListens) {
  World world(1);
  std::string error;
  bool connected = true;
  world.network().connect({"localhost", 7000}, [&](std::unique_ptr<ByteStream> stream, const std::string& why) {
    connected = stream != nullptr;
    error = why;
  });
  EXPECT_EQ(error, "");
  run_all(world);
  EXPECT_FALSE(connected);
  EXPECT_EQ(error, "Connection refused");
}

TEST(Net, RefusesASecondListenerOnAPort) {
  World world(1);
  const auto first = world.network().listen({"127.0.0.1", 7000}, [](std::unique_ptr<ByteStream>) {});
  for (const std::string host : {"localhost", "0.0.0.0"}) {
    try {
      world.network().listen({host, 7000}, [](std::unique_ptr<ByteStream>) {});
      ADD_FAILURE() << "two listeners";
    } catch (const ExternalError& error) {
      EXPECT_EQ(error.what(), "cannot listen on " + host +
                                  ":7000: Address already in use; choose another port, or end the process that has it");
    }
  }
  const auto elsewhere = world.network().listen({"another", 7000}, [](std::unique_ptr<ByteStream>) {});
}

TEST(Net, FreesThePortOfAListenerThatIsDestroyed) {
  World world(1);
  world.network().listen({"localhost", 7000}, [](std::unique_ptr<ByteStream>) {}).reset();
  const auto again = world.network().listen({"localhost", 7000}, [](std::unique_ptr<ByteStream>) {});
  EXPECT_EQ(again->address().port, 7000);
}

TEST(Net, ChoosesAFreePortForPortZero) {
  World world(1);
  const auto a = world.network().listen({"localhost", 0}, [](std::unique_ptr<ByteStream>) {});
  const auto b = world.network().listen({"localhost", 0}, [](std::unique_ptr<ByteStream>) {});
  EXPECT_NE(a->address().port, 0);
  EXPECT_NE(a->address().port, b->address().port);
}

TEST(Net, DeliversBytesInOrderBothWays) {
  const std::string request = numbered_text(3000);
  const std::string answer = numbered_text(200000);
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    World world(seed);
    Pair pair(world);
    for (std::size_t at = 0; at < request.size(); at += 500) pair.client.stream->write(request.substr(at, 500));
    pair.server.stream->write(answer);
    EXPECT_EQ(pair.server.got, "");
    run_all(world);
    EXPECT_EQ(pair.server.got, request);
    EXPECT_EQ(pair.client.got, answer);
  }
}

TEST(Net, CutsBytesIntoPiecesOfAllSizes) {
  std::set<std::size_t> sizes;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    World world(seed);
    Pair pair(world);
    pair.client.stream->write(std::string(100, 'x'));
    run_all(world);
    sizes.insert(pair.server.pieces.begin(), pair.server.pieces.end());
  }
  EXPECT_TRUE(sizes.contains(1));
  EXPECT_TRUE(sizes.contains(100));
  EXPECT_GT(sizes.size(), 30u);
}

TEST(Net, EndsTheStreamBehindTheBytesWhenItIsClosed) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    World world(seed);
    Pair pair(world);
    pair.server.stream->write("unread");
    pair.client.stream->write("last words");
    pair.client.stream->close();
    pair.client.stream.reset();
    run_all(world);
    EXPECT_EQ(pair.server.got, "last words");
    EXPECT_EQ(pair.server.closed, "in order");
    EXPECT_EQ(pair.client.got, "");
    EXPECT_EQ(pair.client.closed, "open");
  }
}

TEST(Net, ResetsTheConnectionOfAStreamThatIsDestroyedUnclosed) {
  std::set<std::string> arrived;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    World world(seed);
    Pair pair(world);
    pair.client.stream->write("abc");
    pair.client.stream.reset();
    run_all(world);
    EXPECT_EQ(pair.server.closed, "Connection reset by peer");
    EXPECT_EQ(pair.server.got, std::string("abc").substr(0, pair.server.got.size()));
    arrived.insert(pair.server.got);
  }
  EXPECT_EQ(arrived.size(), 4u);
}

TEST(Net, ResetsAConnectionWhoseListenerWasReplacedBeforeItArrived) {
  int accepted = 0;
  int reset = 0;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    World world(seed);
    End server;
    auto listener = world.network().listen({"localhost", 7000}, [&](std::unique_ptr<ByteStream> made) {
      ++accepted;
      server.take(std::move(made));
    });
    End client;
    world.network().connect({"localhost", 7000}, [&](std::unique_ptr<ByteStream> made, const std::string&) {
      listener.reset();
      listener = world.network().listen(
          {"localhost", 7000}, [](std::unique_ptr<ByteStream>) { FAIL() << "it was connected to the old one"; });
      client.take(std::move(made));
    });
    run_all(world);
    if (client.closed == "Connection reset by peer") ++reset;
  }
  EXPECT_EQ(accepted + reset, 50);
  EXPECT_GT(accepted, 10);
  EXPECT_GT(reset, 10);
}

TEST(Net, DeliversAtMostOneMorePieceWhilePaused) {
  const std::string text = numbered_text(300000);
  bool one_more = false;
  bool no_more = false;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    World world(seed);
    Pair pair(world);
    pair.client.stream->write(text);
    world.run_until([&] { return !pair.server.pieces.empty(); });
    pair.server.stream->pause();
    const std::size_t before = pair.server.pieces.size();
    pair.client.stream->write("more");
    pair.client.stream->close();
    run_all(world);
    EXPECT_LE(pair.server.pieces.size(), before + 1);
    EXPECT_EQ(pair.server.closed, "open");
    (pair.server.pieces.size() == before ? no_more : one_more) = true;
    pair.server.stream->resume();
    run_all(world);
    EXPECT_EQ(pair.server.got, text + "more");
    EXPECT_EQ(pair.server.closed, "in order");
  }
  EXPECT_TRUE(one_more);
  EXPECT_TRUE(no_more);
}

TEST(Net, PausesFromWithinACallback) {
  World world(1);
  Pair pair(world);
  End& server = pair.server;
  std::unique_ptr<ByteStream> paused;
  std::string got;
  const auto listener = world.network().listen({"localhost", 7001}, [&](std::unique_ptr<ByteStream> made) {
    paused = std::move(made);
    paused->start({[&](const std::string& bytes) {
                     got += bytes;
                     paused->pause();
                     world.post([&] { paused->resume(); });
                   },
                   [](const std::string&) {}});
  });
  End client;
  world.network().connect({"localhost", 7001}, [&](std::unique_ptr<ByteStream> made, const std::string&) {
    client.take(std::move(made));
    client.stream->write(numbered_text(5000));
  });
  run_all(world);
  EXPECT_EQ(got, numbered_text(5000));
  EXPECT_EQ(server.got, "");
}

TEST(Net, CallsNobodyAfterAStreamIsDestroyedInItsOwnCallback) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    World world(seed);
    std::unique_ptr<ByteStream> stream;
    int calls = 0;
    const auto listener = world.network().listen({"localhost", 7000}, [&](std::unique_ptr<ByteStream> made) {
      stream = std::move(made);
      stream->start({[&](const std::string&) {
                       ++calls;
                       stream.reset();
                     },
                     [&](const std::string&) { ++calls; }});
    });
    End client;
    world.network().connect({"localhost", 7000}, [&](std::unique_ptr<ByteStream> made, const std::string&) {
      client.take(std::move(made));
      client.stream->write("abcdef");
    });
    run_all(world);
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(client.closed, "Connection reset by peer");
  }
}

TEST(Net, KeepsBytesUntilTheStreamIsStarted) {
  World world(1);
  std::unique_ptr<ByteStream> late;
  const auto listener =
      world.network().listen({"localhost", 7000}, [&](std::unique_ptr<ByteStream> made) { late = std::move(made); });
  End client;
  world.network().connect({"localhost", 7000}, [&](std::unique_ptr<ByteStream> made, const std::string&) {
    client.take(std::move(made));
    client.stream->write("early");
    client.stream->close();
  });
  run_all(world);
  End server;
  server.take(std::move(late));
  run_all(world);
  EXPECT_EQ(server.got, "early");
  EXPECT_EQ(server.closed, "in order");
}

// ---- Places.

/// A client at "a" of a server at "b".
struct PlacedPair {
  explicit PlacedPair(World& in_world)
      : world(in_world),
        listener(world.net().at("b").listen(
            {"localhost", 7000}, [this](std::unique_ptr<ByteStream> made) { server.take(std::move(made)); })) {}

  void connect() {
    world.net().at("a").connect({"localhost", 7000},
                                [this](std::unique_ptr<ByteStream> made, const std::string& error) {
                                  EXPECT_EQ(error, "");
                                  client.take(std::move(made));
                                });
  }
  void connect_now() {
    connect();
    world.run_until([&] { return client.stream && server.stream; });
  }

  World& world;
  std::unique_ptr<Listener> listener;
  End client;
  End server;
};

TEST(NetPlaces, ACutHoldsBackOneDirectionUntilItIsHealed) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    World world(seed);
    PlacedPair pair(world);
    pair.connect_now();
    pair.client.stream->write("under way, ");
    world.net().cut("a", "b");
    pair.client.stream->write("held");
    pair.server.stream->write("hello");
    world.run_for(1h);
    EXPECT_EQ(pair.server.got, "");
    EXPECT_EQ(pair.client.got, "hello");
    pair.client.stream->close();
    world.run_for(1h);
    EXPECT_EQ(pair.server.closed, "open");
    world.net().heal("b", "a");
    world.run_for(1h);
    EXPECT_EQ(pair.server.closed, "open");
    world.net().heal("a", "b");
    run_all(world);
    EXPECT_EQ(pair.server.got, "under way, held");
    EXPECT_EQ(pair.server.closed, "in order");
  }
}

TEST(NetPlaces, ConnectingWaitsWhileAnyDirectionIsCut) {
  for (const bool forth : {true, false}) {
    World world(3);
    PlacedPair pair(world);
    world.net().cut(forth ? "a" : "b", forth ? "b" : "a");
    pair.connect();
    world.run_for(1h);
    EXPECT_EQ(pair.client.stream, nullptr);
    world.net().heal();
    world.run_until([&] { return pair.client.stream && pair.server.stream; });
  }
}

TEST(NetPlaces, ACutOfOtherPlacesChangesNothing) {
  World world(3);
  PlacedPair pair(world);
  world.net().cut("a", "c");
  world.net().cut("", "b");
  pair.connect_now();
}

TEST(NetPlaces, BothEndsLearnThatTheirConnectionIsBrokenOff) {
  std::set<std::size_t> arrived;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    World world(seed);
    PlacedPair pair(world);
    pair.connect_now();
    pair.client.stream->write(numbered_text(20));
    world.net().break_off("b", "a");
    run_all(world);
    EXPECT_EQ(pair.client.closed, "Connection reset by peer");
    EXPECT_EQ(pair.server.closed, "Connection reset by peer");
    EXPECT_EQ(pair.server.got, numbered_text(20).substr(0, pair.server.got.size()));
    arrived.insert(pair.server.got.size());
  }
  EXPECT_GT(arrived.size(), 5U) << "it is broken off anywhere";
}

TEST(NetPlaces, NobodyHearsOfAPlaceThatHasVanished) {
  World world(3);
  PlacedPair pair(world);
  pair.connect_now();
  pair.client.stream->write("lost");
  world.net().vanish("a");
  pair.client.stream.reset();
  pair.server.stream->write("nobody reads it");
  run_all(world);
  EXPECT_EQ(pair.client.got, "");
  EXPECT_EQ(pair.server.closed, "open");
}

TEST(NetPlaces, AKilledProcessDropsWhoWaitsForACut) {
  World world(3);
  PlacedPair pair(world);
  world.net().cut("a", "b");
  pair.connect();
  world.run_for(1s);
  world.kill_process();
  world.net().heal();
  run_all(world);
  EXPECT_EQ(pair.client.stream, nullptr);
}

}  // namespace
}  // namespace weir::sim
