#include "weir/connectors/socket/socket.h"

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/core/error.h"
#include "weir/core/text.h"

#include "source_task.h"

namespace weir::connectors {
namespace {

using namespace std::chrono_literals;
using sim::close_at;
using sim::reset_at;
using sim::send_at;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const Address kServer{"text.example", 9999};

SocketOptions options() {
  SocketOptions options;
  options.host = kServer.host;
  options.port = kServer.port;
  return options;
}

struct Reading {
  explicit Reading(sim::World& world, SocketOptions socket_options = options())
      : task(world, socket(socket_options), [this](Text line, Timestamp timestamp) {
          lines.emplace_back(line.view());
          timestamps.push_back(timestamp);
        }) {}

  std::vector<std::string> lines;
  std::vector<Timestamp> timestamps;
  SourceTask<Text> task;
};

std::vector<std::string> read_all(std::uint64_t seed, sim::Script script) {
  sim::World world(seed);
  world.text_server(kServer, std::move(script));
  Reading reading(world);
  reading.task.run();
  return reading.lines;
}

TEST(SocketSource, ReadsLinesHoweverTheyArriveAndEndsWhenThePeerCloses) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    EXPECT_THAT(read_all(seed, {send_at(0ms, "to be\nor not\r\n\nto"), send_at(3ms, " be\nlast"), close_at(5ms)}),
                ElementsAre("to be", "or not", "", "to be", "last"))
        << "seed " << seed;
  }
}

TEST(SocketSource, PassesBytesAsTheyAre) {
  const std::string odd("\0\xff\xfe\xc3(", 5);
  EXPECT_THAT(read_all(1, {send_at(0ms, odd + "\n"), close_at(1ms)}), ElementsAre(odd));
}

TEST(SocketSource, GivesNoTimestampAndAnnouncesTheEndOfItsSplit) {
  sim::World world(1);
  world.text_server(kServer, {send_at(0ms, "a\n"), close_at(1ms)});
  Reading reading(world);
  reading.task.run();
  EXPECT_THAT(reading.timestamps, ElementsAre(kNoTimestamp));
  EXPECT_THAT(reading.task.finished(), ElementsAre(SplitIndex(0)));
}

TEST(SocketSource, FindsNothingForASecondSubtask) {
  sim::World world(1);
  Reading reading(world);
  reading.task.no_more_splits();
  reading.task.run_to_end();
  EXPECT_THAT(reading.lines, IsEmpty());
}

TEST(SocketSource, RefusesOptionsThatCannotBeMeant) {
  const auto refusal = [](auto&& change) {
    SocketOptions wrong = options();
    change(wrong);
    try {
      socket(wrong);
    } catch (const UsageError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(refusal([](SocketOptions&) {}), "");
  EXPECT_THAT(refusal([](SocketOptions& wrong) { wrong.port = 0; }), HasSubstr("port 0"));
  EXPECT_THAT(refusal([](SocketOptions& wrong) { wrong.max_line = 0; }), HasSubstr("max-line"));
  EXPECT_THAT(refusal([](SocketOptions& wrong) { wrong.host = ""; }), HasSubstr("no host"));
}

TEST(SocketSource, IsUnboundedAndNotReplayable) {
  EXPECT_FALSE(socket(options())->bounded());
  EXPECT_FALSE(socket(options())->replayable());
}

TEST(SocketSource, ConnectsAnewWhenItGoesOnUnlessThePeerHadClosed) {
  sim::World world(1);
  auto& server = world.text_server(kServer, {send_at(0ms, "a\n"), close_at(5s)});
  std::vector<Split> before;
  std::vector<Split> after;
  {
    Reading first(world);
    first.task.discover();
    world.run_until([&] { return first.lines.size() == 1; });
    before = first.task.reader().splits();
    first.task.run_to_end();
    after = first.task.reader().splits();
  }
  EXPECT_EQ(server.connections(), 1U);
  for (const auto& [splits, connections] : {std::pair(before, 2U), std::pair(after, 2U)}) {
    Reading next(world);
    for (const Split& split : splits) next.task.assign(split);
    next.task.no_more_splits();
    next.task.run_to_end();
    EXPECT_EQ(server.connections(), connections);
    EXPECT_THAT(next.task.finished(), ElementsAre(SplitIndex(0)));
  }
}

TEST(SocketSource, NamesAddressAndReasonWhenRefusedAndMayBeRetried) {
  sim::World world(1);
  Reading reading(world);
  try {
    reading.task.run();
    FAIL() << "nobody listens";
  } catch (const ExternalError& e) {
    EXPECT_THAT(e.what(), AllOf(HasSubstr("cannot connect to text.example:9999"), HasSubstr("Connection refused")));
    EXPECT_EQ(e.retry(), Retry::kYes);
  }
}

TEST(SocketSource, TriesAgainAfterTheDelayUntilAServerIsThere) {
  sim::World world(1);
  auto& server = world.text_server(kServer, {send_at(0ms, "a\n"), close_at(1ms)});
  server.stop_listening();
  world.after(1500ms, [&] { server.listen_again(); });
  SocketOptions patient = options();
  patient.retries = 2;
  patient.retry_delay = 1s;
  Reading reading(world, patient);
  reading.task.run();
  EXPECT_THAT(reading.lines, ElementsAre("a"));
}

TEST(SocketSource, GivesUpWhenAllRetriesAreSpent) {
  sim::World world(1);
  SocketOptions patient = options();
  patient.retries = 2;
  patient.retry_delay = 1s;
  Reading reading(world, patient);
  const MonotonicTime begin = world.now();
  EXPECT_THAT(message_of<ExternalError>([&] { reading.task.run(); }),
              AllOf(HasSubstr("text.example:9999"), HasSubstr("tried 3 times")));
  EXPECT_GE(world.now() - begin, 2s);
}

TEST(SocketSource, FailsNamingTheAddressWhenTheConnectionBreaks) {
  sim::World world(1);
  world.text_server(kServer, {send_at(0ms, "a\n"), reset_at(5ms)});
  Reading reading(world);
  EXPECT_THAT(message_of<ExternalError>([&] { reading.task.run(); }),
              AllOf(HasSubstr("the connection to text.example:9999 broke"), HasSubstr("reset")));
}

TEST(SocketSource, RefusesALineAboveTheLimitWithItsPlace) {
  sim::World world(1);
  world.text_server(kServer, {send_at(0ms, "ab\n123456789"), close_at(1ms)});
  SocketOptions strict = options();
  strict.max_line = 8;
  Reading reading(world, strict);
  EXPECT_THAT(message_of<UserError>([&] { reading.task.run(); }),
              AllOf(HasSubstr("text from text.example:9999"), HasSubstr("line 2, which begins at byte 3"),
                    HasSubstr("9 bytes so far")));
}

TEST(SocketSource, StopsReadingWhenItsTaskDoesAndLosesNothing) {
  sim::World world(7);
  const std::string line(1023, 'x');
  std::string text;
  for (int i = 0; i < 4096; ++i) text += line + "\n";
  auto& server = world.text_server(kServer, {send_at(0ms, text), close_at(0ms)});
  Reading reading(world);
  reading.task.discover();
  world.run_until([&] { return !reading.lines.empty(); });
  reading.task.hold();
  const std::size_t taken = reading.lines.size() * 1024;
  world.run_for(10s);
  EXPECT_GT(server.sent(0), 1024 * 1024);
  EXPECT_LE(server.sent(0), taken + 1024 * 1024 + 3 * sim::Net::kBuffer);
  reading.task.release();
  reading.task.run_to_end();
  EXPECT_THAT(reading.lines, SizeIs(4096));
  EXPECT_THAT(reading.lines, testing::Each(line));
}

TEST(SocketSource, CanBeDroppedAtAnyMoment) {
  for (std::uint64_t events = 0; events < 60; ++events) {
    sim::World world(events);
    auto& server = world.text_server(kServer, {send_at(0ms, "a\nb\nc\nd"), send_at(5ms, "e\n")});
    std::optional<Reading> reading(std::in_place, world);
    reading->task.discover();
    for (std::uint64_t i = 0; i < events; ++i) world.run_one();
    reading.reset();
    world.run_for(1s);
    EXPECT_EQ(world.net().handles(), 1) << "the server's listener alone, after " << events << " events";
    EXPECT_TRUE(server.connections() == 0 || server.ended(0)) << "after " << events << " events";
  }
}

}  // namespace
}  // namespace weir::connectors
