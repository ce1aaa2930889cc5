#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "weir/weir.h"

#include "kit/scripted_source.h"
#include "kit/sim_job.h"

// Splits that fall idle and come back, and records from a far future.

namespace weir::tests {
namespace {

using namespace std::chrono_literals;

/// Event time begins where the clocks of simulated worlds do.
constexpr Timestamp kBegin = timestamp_ms(1'704'067'200'000);

struct Tick {
  std::int64_t time = 0;
  std::string key;

  Timestamp timestamp() const { return timestamp_ms(time); }
};
WEIR_FIELDS(Tick, time, key);

struct Counted {
  std::int64_t window_end;
  std::int64_t count;
};

ScriptedRecord<Tick> tick(std::chrono::milliseconds at, std::chrono::milliseconds time, std::string key = "k") {
  return {at, {to_ms(kBegin) + time.count(), std::move(key)}};
}

/// Counts ticks in windows of a second, and shows results at once.
class CountingTicks {
 public:
  CountingTicks(sim::World& world, std::vector<SplitScript<Tick>> scripts, const WatermarkStrategy& watermarks,
                const SimOptions& options)
      : world_(world), began_(world.now()) {
    for (const auto& script : scripts) total_ += script.size();
    const auto source = std::make_shared<ScriptedSource<Tick>>(std::move(scripts));
    job_ = std::make_unique<SimJob>(
        world,
        [&](Environment& env) {
          const auto counts = env.from_source<Tick>(source, "Ticks")
                                  .timestamps(&Tick::timestamp, watermarks)
                                  .key_by(&Tick::key)
                                  .window(TumblingEventTime{1s})
                                  .count([](const std::string&, const Window& window, std::int64_t count,
                                            Out<Counted>& out) { out.emit({to_ms(window.end), count}); });
          counts.sink_to(connectors::collect<Counted>(counts_, connectors::CollectWhen::kImmediately), "Collect");
          counts.late().collect(late_);
        },
        options);
  }

  void run_until(std::chrono::nanoseconds at) {
    job_->run_until([&] { return world_.now() - began_ >= at; });
  }

  /// Runs to the end; every tick must have been counted, or be late.
  void finish() {
    const runtime::JobResult& result = job_->run();
    ASSERT_EQ(result.state, runtime::JobResult::State::kFinished) << result.message;
    ASSERT_EQ(counted() + late(), total_) << "ticks were lost or doubled";
    ASSERT_EQ(job_->job().progress().late, late());
    ASSERT_EQ(job_->job().progress().records_in, total_);
  }

  std::uint64_t counted() const {
    std::int64_t sum = 0;
    for (const Counted& result : counts_->snapshot()) sum += result.count;
    return static_cast<std::uint64_t>(sum);
  }
  std::uint64_t late() const { return late_->snapshot().size(); }
  std::uint64_t far_future() const { return job_->job().progress().far_future; }

  /// How far windows have fired.
  std::chrono::milliseconds fired_until() const {
    std::int64_t last = to_ms(kBegin);
    for (const Counted& result : counts_->snapshot()) last = std::max(last, result.window_end);
    return std::chrono::milliseconds(last - to_ms(kBegin));
  }

 private:
  sim::World& world_;
  MonotonicTime began_;
  std::uint64_t total_ = 0;
  std::shared_ptr<connectors::Collected<Counted>> counts_ = std::make_shared<connectors::Collected<Counted>>();
  std::shared_ptr<connectors::Collected<Tick>> late_ = std::make_shared<connectors::Collected<Tick>>();
  std::unique_ptr<SimJob> job_;
};

/// Ten ticks a second from both splits; the second one says nothing between 1 s and 12 s. Of what it brings then,
/// `old_ones` are from the time when it fell silent.
std::vector<SplitScript<Tick>> busy_and_quiet(std::uint64_t& old_ones) {
  SplitScript<Tick> busy;
  SplitScript<Tick> quiet;
  old_ones = 0;
  for (int i = 0; i < 200; ++i) {
    const auto at = i * 100ms;
    busy.push_back(tick(at, at, fmt::format("k{}", i % 3)));
    if (at > 1s && at < 12s) continue;
    const bool old = at > 1s && i % 2 == 1;
    quiet.push_back(tick(at, old ? 1500ms : at, fmt::format("k{}", i % 3)));
    if (old) ++old_ones;
  }
  return {busy, quiet};
}

class Idleness : public testing::TestWithParam<SimOptions> {};

TEST_P(Idleness, OfASplitHoldsNobodyBackAndItsRecordsAreCountedOrLateWhenItReturns) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    std::uint64_t old_ones = 0;
    sim::World world(seed);
    CountingTicks ticks(world, busy_and_quiet(old_ones), monotone_timestamps().idle_after(2s), GetParam());
    ticks.run_until(8s);
    ASSERT_GE(ticks.fired_until(), 7s);
    ASSERT_LE(ticks.fired_until(), 8s);
    ticks.finish();
    ASSERT_EQ(ticks.late(), old_ones);
  }
}

TEST_P(Idleness, IsNotAssumedWithoutATimeout) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    std::uint64_t old_ones = 0;
    sim::World world(seed);
    CountingTicks ticks(world, busy_and_quiet(old_ones), monotone_timestamps(), GetParam());
    ticks.run_until(8s);
    ASSERT_LE(ticks.fired_until(), 1s);
    ticks.finish();
    ASSERT_EQ(ticks.fired_until(), 20s);
  }
}

TEST_P(Idleness, ThatComesAndGoesLosesNothing) {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE(seed);
    sim::Random random(seed);
    std::vector<SplitScript<Tick>> scripts(random.between(std::uint64_t{1}, std::uint64_t{5}));
    for (auto& script : scripts) {
      std::chrono::milliseconds at{0};
      const std::uint64_t records = random.below(60);
      for (std::uint64_t i = 0; i < records; ++i) {
        at += std::chrono::milliseconds(random.one_in(10) ? random.below(4000) : random.below(150));
        const auto behind = std::chrono::milliseconds(random.one_in(4) ? random.below(3000) : 0);
        script.push_back(tick(at, at - behind, fmt::format("k{}", random.below(3))));
      }
    }
    sim::World world(seed);
    CountingTicks ticks(world, std::move(scripts), bounded_out_of_orderness(100ms).idle_after(500ms), GetParam());
    ticks.finish();
  }
}

TEST_P(Idleness, OfAllSplitsEndsWhenOneReturns) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    SplitScript<Tick> one;
    SplitScript<Tick> other;
    for (int i = 0; i < 20; ++i) {
      one.push_back(tick(i * 100ms, i * 100ms));
      other.push_back(tick(i * 100ms, i * 100ms));
    }
    for (int i = 100; i < 120; ++i) one.push_back(tick(i * 100ms, i * 100ms));
    other.push_back(tick(30s, 30s));
    sim::World world(seed);
    CountingTicks ticks(world, {one, other}, monotone_timestamps().idle_after(1s), GetParam());
    ticks.run_until(11500ms);
    ASSERT_EQ(ticks.fired_until(), 11s) << "the other split is idle and holds nobody back";
    ticks.finish();
    ASSERT_EQ(ticks.late(), 0U);
  }
}

TEST_P(Idleness, IsNotNeededForAFarFuture) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    SplitScript<Tick> script;
    for (int i = 0; i < 100; ++i) {
      script.push_back(tick(i * 100ms, i * 100ms));
      if (i == 10) script.push_back(tick(i * 100ms, 365 * 24h));
    }
    sim::World world(seed);
    CountingTicks ticks(world, {script}, monotone_timestamps(), GetParam());
    ticks.run_until(5500ms);
    ASSERT_EQ(ticks.fired_until(), 5s);
    ticks.finish();
    ASSERT_EQ(ticks.far_future(), 1U);
    ASSERT_EQ(ticks.late(), 0U);
    ASSERT_EQ(ticks.fired_until(), 365 * 24h + 1s) << "the record itself is counted";
  }
}

TEST_P(Idleness, LimitOfTheFutureCanBeSet) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    SplitScript<Tick> script;
    for (int i = 0; i < 100; ++i) {
      script.push_back(tick(i * 100ms, i * 100ms));
      if (i == 10) script.push_back(tick(i * 100ms, 365 * 24h));
    }
    sim::World world(seed);
    CountingTicks ticks(world, {script}, monotone_timestamps().far_future_limit(400 * 24h), GetParam());
    ticks.finish();
    ASSERT_EQ(ticks.far_future(), 0U);
    ASSERT_EQ(ticks.late(), 89U) << "the watermark went a year ahead";
  }
}

std::vector<SimOptions> configurations() {
  std::vector<SimOptions> all;
  for (const bool pre_aggregate : {true, false}) {
    for (const std::uint32_t parallelism : {1U, 2U, 4U}) {
      SimOptions options;
      options.parallelism = parallelism;
      options.batch_size = 7;
      options.pre_aggregate = pre_aggregate;
      all.push_back(options);
    }
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Configurations, Idleness, testing::ValuesIn(configurations()), [](const auto& of) {
  return fmt::format("Parallelism{}{}", of.param.parallelism, of.param.pre_aggregate ? "" : "Raw");
});

}  // namespace
}  // namespace weir::tests
