#include <atomic>
#include <future>
#include <mutex>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "weir/core/error.h"
#include "weir/host/real_host.h"

#include "test_tools.h"

namespace weir::host {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// What a stream delivered, and promises about it. Outlives its host.
class Inbox {
 public:
  ByteStream::Handler handler() {
    return {[this](std::string bytes) {
              largest_ = std::max(largest_, bytes.size());
              bytes_ += bytes;
              if (wanted_ > 0 && bytes_.size() >= wanted_) {
                wanted_ = 0;
                enough_.set_value(bytes_);
              }
            },
            [this](std::string error) { closed_.set_value(std::move(error)); }};
  }

  /// Requires: called before the stream starts.
  std::future<std::string> bytes(std::size_t at_least) {
    wanted_ = at_least;
    return enough_.get_future();
  }
  std::future<std::string> closed() { return closed_.get_future(); }

  /// Requires: the control loop delivers no more.
  const std::string& all() const { return bytes_; }
  std::size_t largest() const { return largest_; }

 private:
  std::string bytes_;
  std::size_t wanted_ = 0;
  std::size_t largest_ = 0;
  std::promise<std::string> enough_;
  std::promise<std::string> closed_;
};

std::unique_ptr<ByteStream> connected(RealHost& host, const Address& to) {
  std::promise<std::unique_ptr<ByteStream>> stream;
  host.network().connect(to, [&](std::unique_ptr<ByteStream> got, std::string error) {
    EXPECT_EQ(error, "");
    stream.set_value(std::move(got));
  });
  return await(stream.get_future());
}

/// Both ends of a connection of one host with itself.
struct Pair {
  explicit Pair(RealHost& host) {
    std::promise<std::unique_ptr<ByteStream>> accepted;
    const auto listener = host.network().listen(
        {"", 0}, [&](std::unique_ptr<ByteStream> stream) { accepted.set_value(std::move(stream)); });
    client = connected(host, listener->address());
    server = await(accepted.get_future());
  }

  std::unique_ptr<ByteStream> client;
  std::unique_ptr<ByteStream> server;
};

/// Returns when everything posted so far has run.
void settle(RealHost& host) {
  std::promise<void> ran;
  host.post([&] { ran.set_value(); });
  await(ran.get_future());
}

TEST(Network, CarriesBytesBothWaysInOrder) {
  Inbox at_server;
  Inbox at_client;
  RealHost host;
  Pair pair(host);
  std::string sent;
  for (int i = 0; i < 20'000; ++i) sent += std::to_string(i) + "\n";
  auto received = at_server.bytes(sent.size());
  auto answer = at_client.bytes(6);
  pair.server->start(at_server.handler());
  pair.client->start(at_client.handler());
  for (std::size_t at = 0; at < sent.size(); at += 1000) pair.client->write(sent.substr(at, 1000));
  EXPECT_EQ(await(std::move(received)), sent);
  pair.server->write("thanks");
  EXPECT_EQ(await(std::move(answer)), "thanks");
}

TEST(Network, CarriesBytesThroughAUnixSocketOfItsMachine) {
  Inbox at_server;
  Inbox at_client;
  RealHost host;
  const Address at{unix_host("weir-test-" + std::to_string(host.random())), 0};
  EXPECT_EQ(unix_name(at), at.host.substr(5));
  std::string refused;
  std::promise<void> answered;
  host.network().connect(at, [&](std::unique_ptr<ByteStream> stream, std::string error) {
    EXPECT_EQ(stream, nullptr);
    refused = std::move(error);
    answered.set_value();
  });
  await(answered.get_future());
  EXPECT_EQ(refused, "Connection refused") << "nobody listens there";

  std::promise<std::unique_ptr<ByteStream>> accepted;
  const auto listener =
      host.network().listen(at, [&](std::unique_ptr<ByteStream> stream) { accepted.set_value(std::move(stream)); });
  EXPECT_EQ(to_string(listener->address()), at.host);
  EXPECT_THROW(host.network().listen(at, [](std::unique_ptr<ByteStream>) {}), ExternalError);
  const auto client = connected(host, listener->address());
  const auto server = await(accepted.get_future());
  const std::string sent(3'000'000, 'x');
  auto received = at_server.bytes(sent.size());
  auto answer = at_client.bytes(6);
  server->start(at_server.handler());
  client->start(at_client.handler());
  client->write(sent);
  EXPECT_EQ(await(std::move(received)), sent);
  server->write("thanks");
  EXPECT_EQ(await(std::move(answer)), "thanks");
}

TEST(Network, TellsThatAllHasLeftButNotWhileThePeerDoesNotRead) {
  Inbox inbox;
  std::promise<void> all_sent;
  std::atomic<bool> told = false;
  RealHost host;
  Pair pair(host);
  // More than the system keeps for a peer.
  const std::string bytes(64 * 1024 * 1024, 'x');
  auto received = inbox.bytes(bytes.size());
  pair.client->start({.on_bytes = [](const std::string&) {},
                      .on_closed = [](const std::string&) {},
                      .on_sent =
                          [&] {
                            if (!told.exchange(true)) all_sent.set_value();
                          }});
  pair.client->write(bytes);
  settle(host);
  settle(host);
  EXPECT_FALSE(told);
  pair.server->start(inbox.handler());
  await(all_sent.get_future());
  EXPECT_EQ(await(std::move(received)).size(), bytes.size());
}

TEST(Network, DeliversAtMost64KiBAtATime) {
  Inbox inbox;
  RealHost host;
  Pair pair(host);
  auto received = inbox.bytes(4'000'000);
  pair.server->start(inbox.handler());
  pair.client->write(std::string(4'000'000, 'x'));
  await(std::move(received));
  settle(host);
  EXPECT_LE(inbox.largest(), 64U * 1024);
}

TEST(Network, ResolvesNames) {
  Inbox inbox;
  RealHost host;
  std::promise<std::unique_ptr<ByteStream>> accepted;
  const auto listener = host.network().listen(
      {"localhost", 0}, [&](std::unique_ptr<ByteStream> stream) { accepted.set_value(std::move(stream)); });
  EXPECT_EQ(listener->address().host, "localhost");
  EXPECT_NE(listener->address().port, 0);
  const auto client = connected(host, {"localhost", listener->address().port});
  const auto server = await(accepted.get_future());
  auto received = inbox.bytes(2);
  server->start(inbox.handler());
  client->write("hi");
  EXPECT_EQ(await(std::move(received)), "hi");
}

TEST(Network, ListensOnTheLoopbackAddressUnlessTold) {
  RealHost host;
  const auto listener = host.network().listen({"", 0}, [](std::unique_ptr<ByteStream>) {});
  EXPECT_EQ(listener->address().host, "127.0.0.1");
}

TEST(Network, NamesTheAddressThatIsInUse) {
  RealHost host;
  const auto listener = host.network().listen({"127.0.0.1", 0}, [](std::unique_ptr<ByteStream>) {});
  const Address taken = listener->address();
  EXPECT_THAT(error_of([&] { host.network().listen(taken, [](std::unique_ptr<ByteStream>) {}); }),
              HasSubstr("cannot listen on " + to_string(taken) + ": Address already in use"));
}

TEST(Network, GivesThePortBackWhenTheListenerIsDestroyed) {
  constexpr int kTimes = 20;
  RealHost host;
  const auto listen = [&](const Address& at) { return host.network().listen(at, [](std::unique_ptr<ByteStream>) {}); };
  // Any other process may take a port that is free for a moment: then with another one.
  int times = 0;
  for (int ports = 0; ports < 5 && times < kTimes; ++ports) {
    auto listener = listen({"127.0.0.1", 0});
    const Address address = listener->address();
    try {
      for (times = 0; times < kTimes; ++times) {
        listener.reset();
        listener = listen(address);
      }
    } catch (const ExternalError&) {
      continue;
    }
    EXPECT_EQ(listener->address().port, address.port);
  }
  EXPECT_EQ(times, kTimes);
}

TEST(Network, RefusesToListenAtANameThatDoesNotResolve) {
  RealHost host;
  EXPECT_THAT(error_of([&] { host.network().listen({"256.1.1.1.invalid", 0}, [](std::unique_ptr<ByteStream>) {}); }),
              HasSubstr("cannot listen on 256.1.1.1.invalid:0: "));
}

TEST(Network, SaysWhyItCannotConnect) {
  RealHost host;
  Address nobody;
  {
    const auto listener = host.network().listen({"127.0.0.1", 0}, [](std::unique_ptr<ByteStream>) {});
    nobody = listener->address();
  }
  std::promise<std::string> reason;
  host.network().connect(nobody, [&](std::unique_ptr<ByteStream> stream, std::string error) {
    EXPECT_EQ(stream, nullptr);
    reason.set_value(std::move(error));
  });
  EXPECT_EQ(await(reason.get_future()), "Connection refused");
}

TEST(Network, TellsThatThePeerClosedInOrderAfterItsLastBytes) {
  Inbox inbox;
  RealHost host;
  Pair pair(host);
  auto closed = inbox.closed();
  pair.server->start(inbox.handler());
  pair.client->write("last words");
  pair.client->close();
  EXPECT_EQ(await(std::move(closed)), "");
  EXPECT_EQ(inbox.all(), "last words");
}

TEST(Network, SendsWhatIsQueuedBeforeItCloses) {
  constexpr std::size_t kMuch = 20'000'000;  // more than all buffers between the two ends hold
  Inbox inbox;
  RealHost host;
  Pair pair(host);
  auto closed = inbox.closed();
  for (std::size_t i = 0; i < 20; ++i) pair.client->write(std::string(kMuch / 20, 'x'));
  pair.client->close();
  pair.client.reset();
  pair.server->start(inbox.handler());
  EXPECT_EQ(await(std::move(closed)), "");
  EXPECT_EQ(inbox.all().size(), kMuch);
}

TEST(Network, LosesNothingOfAClosedStreamToBytesItDidNotRead) {
  Inbox inbox;
  RealHost host;
  Pair pair(host);
  // The client never reads this. A bare close of its socket would reset the connection.
  pair.server->write(std::string(100'000, 'y'));
  auto closed = inbox.closed();
  pair.client->write(std::string(3'000'000, 'x'));
  pair.client->close();
  settle(host);
  pair.server->start(inbox.handler());
  EXPECT_EQ(await(std::move(closed)), "");
  EXPECT_EQ(inbox.all().size(), 3'000'000U);
}

TEST(Network, EndsInOrderForAPeerThatStillWritesToAClosedStream) {
  Inbox inbox;
  RealHost host;
  Pair pair(host);
  auto closed = inbox.closed();
  pair.client->write("all of it");
  pair.client->close();
  // Each lands on a socket whose last bytes have left: were it closed, it would answer with a reset.
  for (int i = 0; i < 10; ++i) {
    settle(host);
    pair.server->write("late");
  }
  settle(host);
  pair.server->start(inbox.handler());
  EXPECT_EQ(await(std::move(closed)), "");
  EXPECT_EQ(inbox.all(), "all of it");
}

TEST(Network, SendsWhatClosedStreamsQueuedBeforeTheHostEnds) {
  constexpr std::size_t kMuch = 10'000'000;
  Inbox inbox;
  RealHost reader;
  std::promise<std::unique_ptr<ByteStream>> accepted;
  const auto listener = reader.network().listen(
      {"", 0}, [&](std::unique_ptr<ByteStream> stream) { accepted.set_value(std::move(stream)); });
  auto closed = inbox.closed();
  std::unique_ptr<ByteStream> server;
  {
    RealHost writer;
    const auto client = connected(writer, listener->address());
    server = await(accepted.get_future());
    server->start(inbox.handler());
    client->write(std::string(kMuch, 'x'));
    client->close();
  }
  EXPECT_EQ(await(std::move(closed)), "");
  EXPECT_EQ(inbox.all().size(), kMuch);
}

TEST(Network, CutsAClosedStreamWhosePeerStandsStill) {
  constexpr std::size_t kMuch = 20'000'000;
  Inbox inbox;
  RealHost reader;
  std::promise<std::unique_ptr<ByteStream>> accepted;
  const auto listener = reader.network().listen(
      {"", 0}, [&](std::unique_ptr<ByteStream> stream) { accepted.set_value(std::move(stream)); });
  std::unique_ptr<ByteStream> server;
  {
    RealHost writer({.flush_limit = 20ms});
    const auto client = connected(writer, listener->address());
    server = await(accepted.get_future());
    client->write(std::string(kMuch, 'x'));
    client->close();
    // The host's end waits for the flush: until the limit, for the server does not read yet.
  }
  auto closed = inbox.closed();
  server->start(inbox.handler());
  await(std::move(closed));
  EXPECT_LT(inbox.all().size(), kMuch);
}

TEST(Network, ReadsAtMostOnceMoreWhenPausedAndGoesOnWhenResumed) {
  constexpr std::size_t kMuch = 20'000'000;
  RealHost host;
  Pair pair(host);
  std::atomic<std::size_t> reads{0};
  std::atomic<std::size_t> received{0};
  std::promise<void> paused;
  std::promise<void> all;
  pair.server->start({[&](std::string bytes) {
                        received += bytes.size();
                        if (++reads == 1) {
                          pair.server->pause();
                          paused.set_value();
                        }
                        if (received == kMuch) all.set_value();
                      },
                      [](std::string) {}});
  pair.client->write(std::string(kMuch, 'x'));
  await(paused.get_future());
  // A round trip over another connection gives the loop every chance to read more.
  {
    Inbox inbox;
    Pair other(host);
    auto echoed = inbox.bytes(1);
    other.server->start(inbox.handler());
    other.client->write("x");
    await(std::move(echoed));
    settle(host);
    other.server.reset();
    settle(host);
  }
  EXPECT_LE(reads, 2U);
  EXPECT_LE(received, 2U * 64 * 1024);
  pair.server->resume();
  await(all.get_future());
  EXPECT_EQ(received, kMuch);
}

TEST(Network, CallsNobodyAfterClose) {
  RealHost host;
  Pair pair(host);
  std::atomic<int> calls{0};
  std::promise<void> first;
  pair.server->start({[&](std::string) {
                        ++calls;
                        pair.server->close();
                        first.set_value();
                      },
                      [&](std::string) { ++calls; }});
  Inbox inbox;
  auto closed = inbox.closed();
  pair.client->start(inbox.handler());
  pair.client->write("one");
  await(first.get_future());
  pair.client->write("two");
  EXPECT_EQ(await(std::move(closed)), "");
  pair.client->close();
  settle(host);
  EXPECT_EQ(calls, 1);
}

TEST(Network, MayBeDestroyedInItsOwnCallback) {
  RealHost host;
  Pair pair(host);
  std::promise<void> destroyed;
  pair.server->start({[&](std::string) {
                        pair.server.reset();
                        destroyed.set_value();
                      },
                      [](std::string) {}});
  Inbox inbox;
  auto closed = inbox.closed();
  pair.client->start(inbox.handler());
  pair.client->write("x");
  await(destroyed.get_future());
  await(std::move(closed));
}

TEST(Network, ReleasesItsHandlerWhenDestroyed) {
  RealHost host;
  Pair pair(host);
  auto held = std::make_shared<int>(1);
  pair.server->start({[held](std::string) {}, [](std::string) {}});
  settle(host);
  EXPECT_EQ(held.use_count(), 2);
  pair.server.reset();
  settle(host);
  EXPECT_EQ(held.use_count(), 1);
}

TEST(Network, TellsAWriterThatItsPeerIsGone) {
  Inbox inbox;
  RealHost host;
  Pair pair(host);
  auto closed = inbox.closed();
  // Bytes that the server does not read turn its end into a reset.
  pair.client->write("unread");
  settle(host);
  pair.client->start(inbox.handler());
  pair.server.reset();
  EXPECT_THAT(await(std::move(closed)), testing::AnyOf("Connection reset by peer", "Broken pipe"));
}

TEST(Network, TellsAtItsStartThatItsPeerIsGoneAlready) {
  Inbox inbox;
  RealHost host;
  Pair pair(host);
  auto closed = inbox.closed();
  pair.client->write("unread");
  settle(host);
  pair.server.reset();
  for (int i = 0; i < 10; ++i) {
    settle(host);
    pair.client->write("into the void");
  }
  settle(host);
  pair.client->start(inbox.handler());
  EXPECT_THAT(await(std::move(closed)), testing::AnyOf("Connection reset by peer", "Broken pipe"));
}

TEST(Network, SurvivesWritingToAPeerThatIsGone) {
  Inbox inbox;
  RealHost host;
  Pair pair(host);
  auto closed = inbox.closed();
  pair.server.reset();
  pair.client->start(inbox.handler());
  await(std::move(closed));
  for (int i = 0; i < 100; ++i) {
    pair.client->write("into the void");
    settle(host);
  }
}

}  // namespace
}  // namespace weir::host
