#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/weir.h"

#include "kit/scripted_source.h"
#include "kit/sim_job.h"

// Two streams in one operator: whole jobs in the simulated world, at several parallelisms.

namespace weir::tests {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::UnorderedElementsAre;
using Texts = std::vector<std::string>;

struct Seen {
  std::shared_ptr<connectors::Collected<std::string>> texts = std::make_shared<connectors::Collected<std::string>>();

  Texts sorted() const {
    Texts all = texts->snapshot();
    std::sort(all.begin(), all.end());
    return all;
  }
};

class Connected : public testing::TestWithParam<std::uint32_t> {
 protected:
  SimOptions options() const {
    SimOptions options;
    options.parallelism = GetParam();
    options.batch_size = 3;
    return options;
  }

  /// Requires: the job ends by itself.
  void run(const std::function<void(Environment&)>& job) {
    const runtime::JobResult ended = run_in_simulation(7, job, options());
    ASSERT_EQ(ended.state, runtime::JobResult::State::kFinished) << ended.message;
  }

  Seen seen;
};

/// Numbers on one side, words on the other.
struct Sides {
  std::string map1(int number) { return "number " + std::to_string(number); }
  std::string map2(const std::string& word) { return "word " + word; }
  void flat_map1(int number, Out<std::string>& out) {
    for (int i = 0; i < number; ++i) out.emit(map1(number));
  }
  void flat_map2(const std::string& word, Out<std::string>& out) { out.emit(map2(word)); }
};

TEST_P(Connected, MapRecordsOfTwoTypesByTwoFunctions) {
  run([this](Environment& env) {
    env.from_values<int>({1, 2})
        .connect(env.from_values<std::string>({"a", "b"}))
        .map([](int number) { return std::to_string(number * 10); }, [](const std::string& word) { return word + "!"; })
        .collect(seen.texts);
  });
  EXPECT_THAT(seen.sorted(), ElementsAre("10", "20", "a!", "b!"));
}

TEST_P(Connected, MapAndFlatMapRecordsOfTwoTypesByOneStruct) {
  Seen flat;
  run([&](Environment& env) {
    const auto numbers = env.from_values<int>({0, 2});
    const auto words = env.from_values<std::string>({"a"});
    numbers.connect(words).map(Sides{}).collect(seen.texts);
    numbers.connect(words).flat_map(Sides{}).collect(flat.texts);
  });
  EXPECT_THAT(seen.sorted(), ElementsAre("number 0", "number 2", "word a"));
  EXPECT_THAT(flat.sorted(), ElementsAre("number 2", "number 2", "word a"));
}

TEST_P(Connected, FlatMapByTwoFunctions) {
  run([this](Environment& env) {
    env.from_values<int>({1, 2})
        .connect(env.from_values<std::string>({"ab"}))
        .flat_map(
            [](int number, Out<std::string>& out) {
              if (number > 1) out.emit("more than one");
            },
            [](const std::string& word, Out<std::string>& out) {
              for (const char letter : word) out.emit(std::string(1, letter));
            })
        .collect(seen.texts);
  });
  EXPECT_THAT(seen.sorted(), ElementsAre("a", "b", "more than one"));
}

TEST_P(Connected, TakeUnionsOnBothSides) {
  run([this](Environment& env) {
    const auto numbers = env.from_values<int>({1}).union_with(env.from_values<int>({2}));
    const auto words = env.from_values<std::string>({"a"}).union_with(env.from_values<std::string>({"b"}));
    numbers.connect(words).map(Sides{}).collect(seen.texts);
  });
  EXPECT_THAT(seen.sorted(), ElementsAre("number 1", "number 2", "word a", "word b"));
}

TEST_P(Connected, TakeTheSameStreamOnBothSides) {
  run([this](Environment& env) {
    const auto numbers = env.from_values<int>({1, 2});
    numbers.connect(numbers)
        .map([](int number) { return fmt::format("left {}", number); },
             [](int number) { return fmt::format("right {}", number); })
        .collect(seen.texts);
  });
  EXPECT_THAT(seen.sorted(), ElementsAre("left 1", "left 2", "right 1", "right 2"));
}

TEST_P(Connected, TakeAMainStreamAndItsSideStreamInEitherOrder) {
  Seen turned;
  run([&](Environment& env) {
    const auto parted = env.from_values<int>({1, 2, 3}).flat_map([](int number, Out<int>& odd, Out<std::string>& even) {
      if (number % 2 == 0) {
        even.emit(std::to_string(number));
      } else {
        odd.emit(number);
      }
    });
    parted.main.connect(parted.side).map(Sides{}).collect(seen.texts);
    parted.side.connect(parted.main)
        .map([](const std::string& word) { return "word " + word; },
             [](int number) { return "number " + std::to_string(number); })
        .collect(turned.texts);
  });
  EXPECT_THAT(seen.sorted(), ElementsAre("number 1", "number 3", "word 2"));
  EXPECT_EQ(turned.sorted(), seen.sorted());
}

TEST_P(Connected, BroadcastOneSideToAllSubtasks) {
  run([this](Environment& env) {
    env.from_values<int>({5}).connect(env.from_values<std::string>({"a"}).broadcast()).map(Sides{}).collect(seen.texts);
  });
  Texts expected{"number 5"};
  expected.insert(expected.end(), GetParam(), "word a");
  EXPECT_EQ(seen.sorted(), expected);
}

struct Left {
  std::int64_t time;
  std::int64_t key;
};

struct Right {
  std::string key;
  std::int64_t time;
};

/// Ten milliseconds behind each record of the left: how many came from the right for its key.
struct CountRight {
  ValueState<std::string, std::int64_t> count{"count"};

  void open(ProcessOpening<std::string>& opening) { opening.keep(count); }
  void process_element1(const Left& left, ProcessContext<std::string>& context, Out<std::string>&) {
    context.set_event_timer(timestamp_ms(left.time + 10));
  }
  void process_element2(const Right&, ProcessContext<std::string>&, Out<std::string>&) { ++count->update(); }
  void on_timer(Timestamp time, ProcessContext<std::string>& context, Out<std::string>& out) {
    const std::int64_t* counted = count->get();
    out.emit(fmt::format("{} at {}: {}", context.key(), to_ms(time), counted == nullptr ? 0 : *counted));
  }
};

TEST_P(Connected, MeetByKeysThatAreTakenFromEachInItsOwnWay) {
  run([this](Environment& env) {
    const auto left =
        env.from_values<Left>({{1, 7}, {2, 8}, {3, 9}})
            .timestamps([](const Left& record) { return timestamp_ms(record.time); }, monotone_timestamps());
    const auto right =
        env.from_values<Right>({{"8", 1}, {"7", 2}, {"7", 3}})
            .timestamps([](const Right& record) { return timestamp_ms(record.time); }, monotone_timestamps());
    left.key_by([](const Left& record) { return std::to_string(record.key); })
        .connect(right.key_by(&Right::key))
        .process(CountRight{})
        .collect(seen.texts);
    left.connect(right)
        .key_by([](const Left& record) { return std::to_string(record.key); }, &Right::key)
        .map([](const Left&) { return std::string("left"); }, [](const Right&) { return std::string("right"); })
        .collect(seen.texts);
  });
  EXPECT_THAT(seen.sorted(),
              ElementsAre("7 at 11: 2", "8 at 12: 1", "9 at 13: 0", "left", "left", "left", "right", "right", "right"));
}

/// Two sources that emit as their scripts say, and a timer of the left for each of its records.
class TwoClocks : public Connected {
 protected:
  void start(std::uint64_t seed, SplitScript<Left> left, SplitScript<Right> right,
             const WatermarkStrategy& right_watermarks = monotone_timestamps()) {
    world_ = std::make_unique<sim::World>(seed);
    const auto lefts = std::make_shared<ScriptedSource<Left>>(std::vector<SplitScript<Left>>{std::move(left)});
    const auto rights = std::make_shared<ScriptedSource<Right>>(std::vector<SplitScript<Right>>{std::move(right)});
    began_ = world_->now();
    job_ = std::make_unique<SimJob>(
        *world_,
        [&](Environment& env) {
          const auto first =
              env.from_source<Left>(lefts, "Left")
                  .timestamps([](const Left& record) { return timestamp_ms(record.time); }, monotone_timestamps());
          const auto second =
              env.from_source<Right>(rights, "Right")
                  .timestamps([](const Right& record) { return timestamp_ms(record.time); }, right_watermarks);
          first.key_by([](const Left& record) { return std::to_string(record.key); })
              .connect(second.key_by(&Right::key))
              .process(CountRight{})
              .sink_to(connectors::collect<std::string>(seen.texts, connectors::CollectWhen::kImmediately), "Collect");
        },
        options());
  }

  void run_until(std::chrono::nanoseconds at) {
    world_->after(at - (world_->now() - began_), [] {});
    job_->run_until([&] { return world_->now() - began_ >= at; });
  }
  void finish() { ASSERT_EQ(job_->run().state, runtime::JobResult::State::kFinished); }

  std::unique_ptr<sim::World> world_;
  MonotonicTime began_{};
  std::unique_ptr<SimJob> job_;
};

TEST_P(TwoClocks, GoByTheSlowerOfTheTwo) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    seen = {};
    start(seed, {{0ms, {1, 5}}, {10ms, {500, 6}}}, {{100ms, {"5", 2}}, {200ms, {"5", 12}}, {300ms, {"5", 13}}});
    run_until(150ms);
    EXPECT_THAT(seen.sorted(), ElementsAre()) << "the right has come to 2 only";
    run_until(250ms);
    EXPECT_THAT(seen.sorted(), ElementsAre("5 at 11: 2")) << "the right has passed 11, by a record of 12";
    finish();
    EXPECT_THAT(seen.sorted(), UnorderedElementsAre("5 at 11: 2", "6 at 510: 0"));
  }
}

TEST_P(TwoClocks, DoNotWaitForTheOneThatIsIdle) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    seen = {};
    start(seed, {{0ms, {1, 5}}, {10ms, {30, 6}}, {3s, {40, 7}}}, {{0ms, {"5", 2}}, {10s, {"7", 45}}},
          monotone_timestamps().idle_after(1s));
    run_until(500ms);
    EXPECT_THAT(seen.sorted(), ElementsAre());
    run_until(2s);
    EXPECT_THAT(seen.sorted(), ElementsAre("5 at 11: 1"));
    finish();
    EXPECT_THAT(seen.sorted(), UnorderedElementsAre("5 at 11: 1", "6 at 40: 0", "7 at 50: 1"));
  }
}

/// Numbers the records of both sides together, as they come.
struct Numbering {
  ValueState<std::string, std::int64_t> count{"count"};

  void open(ProcessOpening<std::string>& opening) { opening.keep(count); }
  void process_element1(const Left& left, ProcessContext<std::string>&, Out<std::string>& out) {
    number("left", left.time, out);
  }
  void process_element2(const Right& right, ProcessContext<std::string>&, Out<std::string>& out) {
    number("right", right.time, out);
  }

 private:
  void number(const char* side, std::int64_t time, Out<std::string>& out) {
    out.emit(fmt::format("{} {} {}", ++count->update(), side, time));
  }
};

class AlignedInputs : public Connected {
 protected:
  /// The left is busy for six seconds; the right says nothing from the first second until the fifth.
  void build(Environment& env) const {
    SplitScript<Left> left;
    for (int i = 0; i < 60; ++i) left.push_back({i * 100ms, {i, 1}});
    SplitScript<Right> right;
    for (int i = 0; i < 10; ++i) right.push_back({i < 5 ? i * 100ms : 4'500ms + i * 100ms, {"1", i}});
    env.from_source<Left>(std::make_shared<ScriptedSource<Left>>(std::vector<SplitScript<Left>>{left}), "left", 1)
        .name("left")
        .key_by([](const Left& record) { return std::to_string(record.key); })
        .connect(env.from_source<Right>(std::make_shared<ScriptedSource<Right>>(std::vector<SplitScript<Right>>{right}),
                                        "right", 1)
                     .name("right")
                     .timestamps([](const Right& record) { return timestamp_ms(record.time); },
                                 monotone_timestamps().idle_after(300ms))
                     .name("right times")
                     .key_by(&Right::key))
        .process(Numbering{})
        .name("numbering")
        .write_files({.directory = "/out"}, [](const std::string& text, std::string& line) { line += text; })
        .name("out");
  }

  SimOptions checkpointed() const {
    SimOptions with = options();
    with.checkpoints.emplace();
    with.checkpoints->directory = "/checkpoints";
    with.checkpoints->job = "aligned";
    with.checkpoints->holder = "here";
    with.checkpoints->interval = Duration(200);
    return with;
  }
};

TEST_P(AlignedInputs, TakeCheckpointsOfBothWhileOneIsIdleAndGoOnFromThem) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    sim::World world(seed);
    {
      SimJob job(world, [this](Environment& env) { build(env); }, checkpointed());
      const MonotonicTime end = world.now() + 2'500ms;
      world.after(2'500ms, [] {});
      job.run_until([&] { return world.now() >= end; });
      ASSERT_FALSE(job.ended());
      // Of twelve; slower when all state lies on disk, and rows on their way leave no room for records.
      ASSERT_GE(job.job().progress().checkpoints->completed, 6U);
      world.kill_process();
    }
    world.start_process();
    SimJob job(world, [this](Environment& env) { build(env); }, checkpointed());
    ASSERT_EQ(job.run().state, runtime::JobResult::State::kFinished) << job.result().message;
    std::set<std::string> records;
    std::set<std::int64_t> numbers;
    for (const std::string& path : world.disk().list_recursive("/out")) {
      std::istringstream lines(world.disk().read_file(path));
      for (std::string line; std::getline(lines, line);) {
        ASSERT_TRUE(records.insert(line.substr(line.find(' '))).second) << line;
        ASSERT_TRUE(numbers.insert(std::stoll(line)).second) << line;
      }
    }
    EXPECT_EQ(records.size(), 70U);
    EXPECT_EQ(*numbers.rbegin(), 70) << "each was numbered once";
  }
}

INSTANTIATE_TEST_SUITE_P(Parallelism, AlignedInputs, testing::Values(1U, 3U),
                         [](const auto& of) { return fmt::format("Parallelism{}", of.param); });
INSTANTIATE_TEST_SUITE_P(Parallelism, Connected, testing::Values(1U, 3U),
                         [](const auto& of) { return fmt::format("Parallelism{}", of.param); });
INSTANTIATE_TEST_SUITE_P(Parallelism, TwoClocks, testing::Values(1U, 3U),
                         [](const auto& of) { return fmt::format("Parallelism{}", of.param); });

}  // namespace
}  // namespace weir::tests
