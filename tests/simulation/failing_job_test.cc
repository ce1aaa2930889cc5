#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/weir.h"

#include "kit/sim_job.h"

// User code that throws: what the job says of it, and whether and when it starts again.

namespace weir::tests {
namespace {

using namespace std::chrono_literals;
using runtime::JobResult;
using runtime::RestartStrategy;
using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

struct Entry {
  std::string name;
  std::int64_t number;

  Timestamp timestamp() const { return timestamp_ms(number); }
};
WEIR_FIELDS(Entry, name, number);

constexpr int kLinesInEachFile = 300;

Parsed<Entry> parse_entry(std::string_view line) {
  const std::size_t blank = line.find(' ');
  if (blank == std::string_view::npos) return Malformed{"expected a name and a number"};
  return Entry{std::string(line.substr(0, blank)), std::stoll(std::string(line.substr(blank + 1)))};
}

/// Something that user code does at its n-th call over all subtasks and attempts.
class AtCall {
 public:
  AtCall(std::uint64_t nth, std::function<void()> act, std::uint64_t times = 1)
      : first_(nth),
        last_(nth + times - 1),
        act_(std::move(act)),
        calls_(std::make_shared<std::atomic<std::uint64_t>>(0)) {}

  void operator()() const {
    const std::uint64_t call = ++*calls_;
    if (call >= first_ && call <= last_) act_();
  }

 private:
  std::uint64_t first_;
  std::uint64_t last_;
  std::function<void()> act_;
  std::shared_ptr<std::atomic<std::uint64_t>> calls_;
};

[[noreturn]] void throw_error() { throw std::runtime_error("the boiler is cold"); }

void write_input(sim::World& world) {
  for (const char* name : {"a", "b", "c"}) {
    std::string bytes;
    for (int i = 0; i < kLinesInEachFile; ++i) bytes += fmt::format("{} {}\n", name, i);
    world.disk().write_file(fmt::format("/in/{}", name), bytes);
  }
}

/// Files to files, with something done for every record in between.
std::function<void(Environment&)> copying(AtCall at_call, std::uint64_t part_bytes = 1024 * 1024) {
  return [at_call, part_bytes](Environment& env) {
    env.lines("/in")
        .parse(parse_entry)
        .map([at_call](const Entry& entry) {
          at_call();
          return entry;
        })
        .name("heat")
        .rebalance()
        .filter([](const Entry&) { return true; })
        .write_files({.directory = "/out", .max_bytes = part_bytes}, [](const Entry& entry, std::string& line) {
          line += fmt::format("{} {}", entry.name, entry.number);
        });
  };
}

std::multiset<std::string> visible_lines(sim::World& world) {
  std::multiset<std::string> lines;
  for (const std::string& path : world.disk().list_recursive("/out")) {
    if (!path.starts_with("/out/part-")) continue;
    std::istringstream bytes(world.disk().read_file(path));
    for (std::string line; std::getline(bytes, line);) lines.insert(line);
  }
  return lines;
}

std::multiset<std::string> all_lines() {
  std::multiset<std::string> lines;
  for (const char* name : {"a", "b", "c"})
    for (int i = 0; i < kLinesInEachFile; ++i) lines.insert(fmt::format("{} {}", name, i));
  return lines;
}

SimOptions options_with(RestartStrategy::Kind kind, std::uint32_t attempts = 3) {
  SimOptions options;
  options.parallelism = 2;
  options.batch_size = 16;
  options.restart.kind = kind;
  options.restart.attempts = attempts;
  options.restart.delay = 5s;
  return options;
}

TEST(FailingJob, NamesOperatorSubtaskRecordAndMessage) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(seed);
    sim::World world(seed);
    write_input(world);
    SimJob job(world, copying(AtCall(1 + seed * 20, throw_error)), options_with(RestartStrategy::Kind::kNone));
    const JobResult& result = job.run();
    ASSERT_EQ(result.state, JobResult::State::kFailed);
    ASSERT_THAT(result.message, AllOf(HasSubstr("Lines"), ContainsRegex(R"(\([12]/2\), at 'heat')"),
                                      ContainsRegex(R"(record [0-9]+ of its batch \(Entry\([abc],[0-9]+\)\))"),
                                      HasSubstr("the boiler is cold")));
    ASSERT_THAT(visible_lines(world), IsEmpty());
    ASSERT_THAT(job.log(), IsEmpty());
  }
}

TEST(FailingJob, StartsAgainAfterAFixedDelayAndWritesEveryRecordOnce) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    sim::World world(seed);
    write_input(world);
    const MonotonicTime began = world.now();
    SimJob job(world, copying(AtCall(1 + seed * 14, throw_error)), options_with(RestartStrategy::Kind::kFixedDelay));
    const JobResult& result = job.run();
    ASSERT_EQ(result.state, JobResult::State::kFinished) << result.message;
    ASSERT_EQ(visible_lines(world), all_lines());
    ASSERT_EQ(world.disk().list_recursive("/out/.weir"), std::vector<std::string>{});
    ASSERT_THAT(job.log(), SizeIs(1));
    ASSERT_THAT(job.log().front(), AllOf(HasSubstr("the boiler is cold"), HasSubstr("restart 1 of 3 in 5000 ms")));
    ASSERT_GE(world.now() - began, 5s);
    ASSERT_LE(world.now() - began, 15s);
    ASSERT_EQ(job.job().progress().restarts, 1U);
    // Without checkpoints the sources begin anew, and what the first attempt read counts, too.
    ASSERT_GE(job.job().progress().records_in, 3U * kLinesInEachFile);
    ASSERT_LT(job.job().progress().records_in, 2U * 3U * kLinesInEachFile);
  }
}

TEST(FailingJob, WritesEveryRecordOnceWhenItStartsAgainAtOnce) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(seed);
    sim::World world(seed);
    write_input(world);
    SimOptions options = options_with(RestartStrategy::Kind::kFixedDelay, 100);
    options.restart.delay = 0ms;
    // The records of a failed attempt are being written when the next one begins.
    options.parallelism = static_cast<std::uint32_t>(1 + seed % 4);
    const JobResult result = SimJob(world, copying(AtCall(300 + seed, throw_error, 4), 100), options).run();
    ASSERT_EQ(result.state, JobResult::State::kFinished) << result.message;
    ASSERT_EQ(visible_lines(world), all_lines());
    ASSERT_EQ(world.disk().list_recursive("/out/.weir"), std::vector<std::string>{});
    world.run_for(1s);
    ASSERT_EQ(world.disk().open_files(), 0U);
  }
}

TEST(FailingJob, GivesUpAfterItsAttempts) {
  sim::World world(1);
  write_input(world);
  const MonotonicTime began = world.now();
  SimJob job(world, copying(AtCall(10, throw_error, 1'000'000)), options_with(RestartStrategy::Kind::kFixedDelay));
  const JobResult& result = job.run();
  EXPECT_EQ(result.state, JobResult::State::kFailed);
  EXPECT_THAT(result.message, HasSubstr("the boiler is cold"));
  EXPECT_THAT(job.log(), SizeIs(3));
  EXPECT_GE(world.now() - began, 15s);
  EXPECT_THAT(visible_lines(world), IsEmpty());
}

TEST(FailingJob, WaitsLongerEachTimeWithExponentialDelay) {
  sim::World world(1);
  write_input(world);
  SimOptions options = options_with(RestartStrategy::Kind::kExponentialDelay, 5);
  options.restart.delay = 1s;
  options.restart.max_delay = 6s;
  const MonotonicTime began = world.now();
  SimJob job(world, copying(AtCall(10, throw_error, 1'000'000)), options);
  EXPECT_EQ(job.run().state, JobResult::State::kFailed);
  ASSERT_THAT(job.log(), SizeIs(5));
  std::size_t i = 0;
  for (const char* delay : {"1000 ms", "2000 ms", "4000 ms", "6000 ms", "6000 ms"})
    EXPECT_THAT(job.log()[i++], HasSubstr(delay));
  EXPECT_GE(world.now() - began, 19s);
  EXPECT_LE(world.now() - began, 25s);
}

TEST(FailingJob, DoesNotRepeatWhatFailsHoweverOftenItIsRepeated) {
  sim::World world(1);
  write_input(world);
  world.disk().write_file("/in/d", "d 1\nnonsense\n");
  SimJob job(world, copying(AtCall(1'000'000, throw_error)), options_with(RestartStrategy::Kind::kFixedDelay));
  const JobResult& result = job.run();
  EXPECT_EQ(result.state, JobResult::State::kFailed);
  EXPECT_THAT(result.message, AllOf(HasSubstr("/in/d:2"), HasSubstr("nonsense"), HasSubstr("'Parse'")));
  EXPECT_THAT(job.log(), IsEmpty());
}

TEST(FailingJob, RepeatsOrNotAsAnErrorOfItsOwnSays) {
  for (const Retry retry : {Retry::kNo, Retry::kYes}) {
    sim::World world(1);
    write_input(world);
    const AtCall at_call(10, [retry] { throw ExternalError("the line is busy", retry); });
    SimJob job(world, copying(at_call), options_with(RestartStrategy::Kind::kFixedDelay));
    const JobResult& result = job.run();
    EXPECT_EQ(result.state, retry == Retry::kYes ? JobResult::State::kFinished : JobResult::State::kFailed);
    EXPECT_THAT(job.log(), SizeIs(retry == Retry::kYes ? 1 : 0));
  }
}

TEST(FailingJob, SaysSoWhenWhatIsThrownIsNoException) {
  sim::World world(1);
  write_input(world);
  SimJob job(world, copying(AtCall(10, [] { throw 42; })), options_with(RestartStrategy::Kind::kFixedDelay));
  const JobResult& result = job.run();
  EXPECT_EQ(result.state, JobResult::State::kFailed);
  EXPECT_THAT(result.message, AllOf(HasSubstr("'heat'"), HasSubstr("not a std::exception")));
}

TEST(FailingJob, NamesADirectoryThatIsMissing) {
  sim::World world(1);
  SimJob job(world, copying(AtCall(10, throw_error)), options_with(RestartStrategy::Kind::kFixedDelay));
  const JobResult& result = job.run();
  EXPECT_EQ(result.state, JobResult::State::kFailed);
  EXPECT_THAT(result.message, AllOf(HasSubstr("Source: Lines"), HasSubstr("'/in'"), HasSubstr("does not exist")));
  EXPECT_THAT(job.log(), IsEmpty());
}

/// A job that calls `at_call` in one kind of user code.
struct Place {
  const char* name;
  const char* operator_name;
  bool names_record;
  std::function<void(Environment&, AtCall)> job;
};

Stream<Entry> entries(Environment& env) {
  std::vector<Entry> entries;
  for (int i = 0; i < 100; ++i) entries.push_back({"e", i});
  return env.from_values(entries);
}

void collect(const Stream<Entry>& stream) { stream.collect(std::make_shared<connectors::Collected<Entry>>()); }

class Careless final : public WatermarkGenerator<Entry> {
 public:
  explicit Careless(AtCall at_call) : at_call_(std::move(at_call)) {}
  std::optional<Watermark> on_record(const Entry&, Timestamp) override {
    at_call_();
    return std::nullopt;
  }

 private:
  AtCall at_call_;
};

struct CarelessSum {
  using Accumulator = std::int64_t;
  AtCall at_call;

  Accumulator create() const { return 0; }
  void add(Accumulator& sum, const Entry& entry) const {
    at_call();
    sum += entry.number;
  }
  void merge(Accumulator& into, const Accumulator& from) const { into += from; }
  std::int64_t result(const Accumulator& sum) const { return sum; }
};

std::vector<Place> places() {
  return {
      {"Filter", "'it'", true,
       [](Environment& env, AtCall at_call) {
         collect(entries(env).filter([at_call](const Entry&) { return at_call(), true; }).name("it"));
       }},
      {"FlatMap", "'it'", true,
       [](Environment& env, AtCall at_call) {
         collect(entries(env)
                     .flat_map([at_call](const Entry& entry, Out<Entry>& out) { at_call(), out.emit(entry); })
                     .name("it"));
       }},
      {"Timestamps", "'it'", true,
       [](Environment& env, AtCall at_call) {
         const auto when = [at_call](const Entry& entry) { return at_call(), entry.timestamp(); };
         collect(entries(env).timestamps(when, monotone_timestamps()).name("it"));
       }},
      {"WatermarkGenerator", "'it'", true,
       [](Environment& env, AtCall at_call) {
         collect(entries(env)
                     .timestamps(&Entry::timestamp, [at_call] { return std::make_unique<Careless>(at_call); })
                     .name("it"));
       }},
      {"KeyBeforePreAggregation", "'Pre-Aggregate: it'", true,
       [](Environment& env, AtCall at_call) {
         collect(entries(env)
                     .timestamps(&Entry::timestamp, monotone_timestamps())
                     .key_by([at_call](const Entry& entry) { return at_call(), entry.name; })
                     .window(TumblingEventTime{10ms})
                     .sum(&Entry::number)
                     .name("it"));
       }},
      {"KeyOnAnEdge", "at '", false,
       [](Environment& env, AtCall at_call) {
         collect(entries(env)
                     .key_by([at_call](const Entry& entry) { return at_call(), entry.name; })
                     .window(TumblingProcessingTime{10ms})
                     .sum(&Entry::number)
                     .name("it"));
       }},
      {"Reduce", "'it'", true,
       [](Environment& env, AtCall at_call) {
         collect(entries(env)
                     .key_by(&Entry::name)
                     .window(TumblingProcessingTime{10ms})
                     .reduce([at_call](const Entry& a, const Entry&) { return at_call(), a; })
                     .name("it"));
       }},
      {"Aggregate", "'Pre-Aggregate: it'", true,
       [](Environment& env, AtCall at_call) {
         entries(env)
             .timestamps(&Entry::timestamp, monotone_timestamps())
             .key_by(&Entry::name)
             .window(TumblingEventTime{10ms})
             .aggregate(CarelessSum{at_call})
             .name("it")
             .collect(std::make_shared<connectors::Collected<std::int64_t>>());
       }},
      {"WindowFunction", "'it'", false,
       [](Environment& env, AtCall at_call) {
         collect(
             entries(env)
                 .timestamps(&Entry::timestamp, monotone_timestamps())
                 .key_by(&Entry::name)
                 .window(TumblingEventTime{2ms})
                 .process([at_call](const std::string&, const Window&, const std::vector<Entry>& all, Out<Entry>& out) {
                   at_call();
                   out.emit(all.front());
                 })
                 .name("it"));
       }},
      {"Format", "'Sink: it'", false,
       [](Environment& env, AtCall at_call) {
         entries(env)
             .write_files({.directory = "/out"},
                          [at_call](const Entry& entry, std::string& line) { at_call(), line += entry.name; })
             .name("it");
       }},
  };
}

class UserCode : public testing::TestWithParam<Place> {};

TEST_P(UserCode, ThatThrowsFailsTheJobAndIsNamed) {
  for (const std::uint64_t nth : {1U, 7U, 30U}) {
    for (const std::size_t batch_size : {1U, 7U, 1024U}) {
      SimOptions options;
      options.batch_size = batch_size;
      const AtCall at_call(nth, throw_error);
      const JobResult result = run_in_simulation(nth, [&](Environment& env) { GetParam().job(env, at_call); }, options);
      ASSERT_EQ(result.state, JobResult::State::kFailed);
      EXPECT_THAT(result.message, AllOf(HasSubstr(GetParam().operator_name), HasSubstr("the boiler is cold")));
      if (GetParam().names_record) {
        EXPECT_THAT(result.message, ContainsRegex(R"(\(Entry\(e,[0-9]+\)\))"));
      }
    }
  }
}

TEST_P(UserCode, ThatThrowsOnceIsRunAgain) {
  SimOptions options = options_with(RestartStrategy::Kind::kFixedDelay);
  const AtCall at_call(20, throw_error);
  const JobResult result = run_in_simulation(1, [&](Environment& env) { GetParam().job(env, at_call); }, options);
  EXPECT_EQ(result.state, JobResult::State::kFinished) << result.message;
}

TEST_P(UserCode, ThatThrowsNoExceptionFailsTheJobToo) {
  const AtCall at_call(20, [] { throw 42; });
  const JobResult result = run_in_simulation(1, [&](Environment& env) { GetParam().job(env, at_call); });
  EXPECT_EQ(result.state, JobResult::State::kFailed);
  EXPECT_THAT(result.message, AllOf(HasSubstr(GetParam().operator_name), HasSubstr("not a std::exception")));
}

INSTANTIATE_TEST_SUITE_P(Places, UserCode, testing::ValuesIn(places()), [](const auto& of) { return of.param.name; });

}  // namespace
}  // namespace weir::tests
