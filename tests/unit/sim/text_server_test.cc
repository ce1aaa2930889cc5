#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "weir/core/error.h"
#include "weir/sim/script.h"
#include "weir/sim/world.h"

namespace weir::sim {
namespace {

using namespace std::chrono_literals;

const Address kAddress{"localhost", 9999};

/// A client that notes what it gets and when.
struct Client {
  explicit Client(World& in_world) : world(in_world) {
    world.network().connect(kAddress, [this](std::unique_ptr<ByteStream> made, const std::string& error) {
      refused = error;
      if (made == nullptr) return;
      connected_at = world.now();
      stream = std::move(made);
      stream->start({[this](std::string bytes) {
                       got += bytes;
                       pieces.emplace_back(world.now() - connected_at, std::move(bytes));
                     },
                     [this](const std::string& why) {
                       closed = why.empty() ? "in order" : why;
                       closed_at = world.now() - connected_at;
                     }});
    });
  }

  World& world;
  std::unique_ptr<ByteStream> stream;
  MonotonicTime connected_at;
  std::string refused;
  std::string got;
  std::vector<std::pair<std::chrono::nanoseconds, std::string>> pieces;
  std::string closed = "open";
  std::chrono::nanoseconds closed_at{0};
};

void run_all(World& world) {
  while (world.run_one()) {
  }
}

TEST(TextServer, SendsItsBytesAtTheirTimesAndCloses) {
  std::set<std::size_t> counts;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    World world(seed);
    const TextServer& server =
        world.text_server(kAddress, {send_at(1s, "first line\n"), send_at(3500ms, "second line\n"), close_at(5s)});
    Client client(world);
    run_all(world);
    EXPECT_EQ(client.got, "first line\nsecond line\n");
    EXPECT_EQ(client.closed, "in order");
    EXPECT_EQ(server.connections(), 1u);
    EXPECT_EQ(server.sent(0), 23u);
    std::string first;
    for (const auto& [time, bytes] : client.pieces) {
      const auto expected = first.size() < 11 ? std::chrono::nanoseconds(1s) : std::chrono::nanoseconds(3500ms);
      EXPECT_GE(time, expected);
      EXPECT_LT(time, expected + 1ms);
      first += bytes;
    }
    EXPECT_GE(client.closed_at, 5s);
    EXPECT_LT(client.closed_at, 5s + 1ms);
    counts.insert(client.pieces.size());
  }
  EXPECT_GT(counts.size(), 2u);
}

TEST(TextServer, ResetsTheConnectionWhenItsScriptSaysSo) {
  World world(1);
  world.text_server(kAddress, {send_at(1s, "a line\n"), reset_at(2s)});
  Client client(world);
  run_all(world);
  EXPECT_EQ(client.got, "a line\n");
  EXPECT_EQ(client.closed, "Connection reset by peer");
  EXPECT_GE(client.closed_at, 2s);
}

TEST(TextServer, StaysOpenAndSilentAfterItsScript) {
  World world(1);
  const TextServer& server = world.text_server(kAddress, {send_at(0s, "a line\n")});
  Client client(world);
  run_all(world);
  EXPECT_EQ(client.closed, "open");
  client.stream->write("still there?");
  run_all(world);
  EXPECT_EQ(server.received(0), "still there?");
  EXPECT_FALSE(server.ended(0));
  client.stream->close();
  run_all(world);
  EXPECT_TRUE(server.ended(0));
}

TEST(TextServer, StopsItsScriptWhenTheClientLeaves) {
  World world(1);
  const TextServer& server = world.text_server(kAddress, {send_at(1s, "one"), send_at(1h, "two")});
  Client client(world);
  world.run_until([&] { return client.got == "one"; });
  client.stream.reset();
  const MonotonicTime left = world.now();
  run_all(world);
  EXPECT_TRUE(server.ended(0));
  EXPECT_EQ(server.sent(0), 3u);
  EXPECT_LT(world.now() - left, 1min);
}

TEST(TextServer, WaitsForAClientThatDoesNotRead) {
  World world(1);
  const std::string flood(Net::kBuffer * 3, 'x');
  const TextServer& server = world.text_server(kAddress, {send_at(1s, flood), send_at(2s, "late"), close_at(2s)});
  Client client(world);
  world.run_until([&] { return client.stream != nullptr; });
  client.stream->pause();
  world.run_for(1min);
  EXPECT_EQ(client.got, "");
  EXPECT_EQ(server.sent(0), Net::kBuffer);
  client.stream->resume();
  run_all(world);
  EXPECT_EQ(client.got, flood + "late");
  EXPECT_EQ(client.closed, "in order");
  EXPECT_GE(client.closed_at, 1min);
}

TEST(TextServer, PlaysItsScriptFromTheStartForEveryConnection) {
  World world(1);
  TextServer& server = world.text_server(kAddress, {send_at(1s, "again\n")});
  Client first(world);
  run_all(world);
  Client second(world);
  run_all(world);
  server.set_script({send_at(1s, "other\n")});
  Client third(world);
  run_all(world);
  EXPECT_EQ(first.got, "again\n");
  EXPECT_EQ(second.got, "again\n");
  EXPECT_EQ(third.got, "other\n");
  EXPECT_EQ(server.connections(), 3u);
}

TEST(TextServer, RefusesConnectionsWhileItDoesNotListen) {
  World world(1);
  TextServer& server = world.text_server(kAddress, {});
  server.stop_listening();
  Client refused(world);
  run_all(world);
  EXPECT_EQ(refused.refused, "Connection refused");
  server.listen_again();
  Client accepted(world);
  run_all(world);
  EXPECT_NE(accepted.stream, nullptr);
}

TEST(TextServer, CannotShareThePortOfAListener) {
  World world(1);
  world.text_server(kAddress, {});
  EXPECT_THROW(world.network().listen(kAddress, [](std::unique_ptr<ByteStream>) {}), ExternalError);
}

TEST(TextServer, SurvivesTheDeathOfTheProcess) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    World world(seed);
    const TextServer& server = world.text_server(kAddress, {send_at(1s, "one\n"), send_at(1h, "two\n")});
    {
      Client client(world);
      world.run_until([&] { return client.got == "one\n"; });
      world.kill_process();
      world.run_for(1s);
      EXPECT_TRUE(server.ended(0));
      EXPECT_EQ(client.closed, "open");
    }
    world.start_process();
    Client next(world);
    world.run_until([&] { return next.got == "one\n"; });
    EXPECT_EQ(server.connections(), 2u);
  }
}

}  // namespace
}  // namespace weir::sim
