#include <algorithm>
#include <chrono>
#include <cstdint>
#include <future>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <time.h>

#include "weir/core/check.h"
#include "weir/core/error.h"
#include "weir/host/real_host.h"
#include "weir/host/temporary_directory.h"
#include "weir/runtime/local_job.h"

#include "benchmarks/checkpointed.h"
#include "benchmarks/flags.h"
#include "benchmarks/keyed_updates.h"
#include "benchmarks/measure.h"
#include "benchmarks/settings.h"

namespace weir::benchmarks {
namespace {

using std::chrono::nanoseconds;

enum class Checkpoints : std::uint8_t { kNo, kYes };

double milliseconds(nanoseconds time) { return std::chrono::duration<double, std::milli>(time).count(); }

/// The time that the updating thread has run, in its own code or in the kernel for it.
nanoseconds thread_cpu() {
  timespec time{};
  WEIR_CHECK(::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0);
  return std::chrono::seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
}

/// The times between updates, taken at every 32nd of them: 32 updates take about 2 us.
class Gaps {
 public:
  struct Gap {
    nanoseconds clock{0};  ///< that passed
    nanoseconds own{0};    ///< of these, what the thread itself ran
  };

  explicit Gaps(Host& host) : host_(host) {}

  void note(std::uint64_t index) {
    if (index % kEvery != 0) return;
    const MonotonicTime now = host_.monotonic_now();
    const nanoseconds own = thread_cpu();
    if (last_ != MonotonicTime{} && now - last_ > kWorthNoting) gaps_.emplace_back(now, Gap{now - last_, own - own_});
    last_ = now;
    own_ = own;
  }

  /// The longest of the gaps that end in (from, to], by either measure. Requires: nobody notes any more.
  Gap longest(MonotonicTime from, MonotonicTime to) const {
    Gap longest;
    for (const auto& [end, gap] : gaps_) {
      if (end <= from || end > to) continue;
      longest.clock = std::max(longest.clock, gap.clock);
      longest.own = std::max(longest.own, gap.own);
    }
    return longest;
  }

 private:
  static constexpr std::uint64_t kEvery = 32;
  static constexpr std::chrono::microseconds kWorthNoting{20};

  Host& host_;
  MonotonicTime last_{};
  nanoseconds own_{0};
  std::vector<std::pair<MonotonicTime, Gap>> gaps_;
};

struct Plan {
  KeyedUpdates updates{.updates_per_second = 0};
  std::chrono::seconds length{15};
  Duration interval{1'000};
};

struct Checkpoint {
  MonotonicTime begun{};
  MonotonicTime completed{};
  nanoseconds slowest_ack{0};
  std::uint64_t new_bytes = 0;
};

struct Run {
  std::vector<double> clock_ms;  ///< the longest pause of each checkpoint, or of each interval without any
  std::vector<double> own_ms;
  std::vector<Checkpoint> checkpoints;
  double updates_per_second = 0;
  Cost cost;
};

Run run(const Plan& plan, Checkpoints with) {
  std::promise<runtime::JobResult> ended;
  std::optional<host::TemporaryDirectory> directory;  // before the host, whose helpers still remove files in it
  host::RealHost host;
  Gaps gaps(host);
  KeyedUpdates job = plan.updates;
  std::uint64_t updated = 0;
  job.on_update = [&](std::uint64_t index) {
    updated = index;
    gaps.note(index);
  };
  runtime::JobOptions options;
  options.parallelism = 1;
  options.workers = 2;
  if (with == Checkpoints::kYes) take_checkpoints(options, directory.emplace().path(), plan.interval);
  Run result;
  runtime::LocalJob* running = nullptr;
  options.log = [&](runtime::LogLevel, const std::string&) {
    if (running == nullptr) return;
    const auto progress = running->progress();
    if (!progress.checkpoints || !progress.checkpoints->last) return;
    const checkpoint::CompletedStatistics& last = *progress.checkpoints->last;
    if (!result.checkpoints.empty() && result.checkpoints.back().completed == last.completed) return;
    result.checkpoints.push_back({last.completed - last.duration, last.completed, last.slowest_ack, last.new_bytes});
  };
  runtime::LocalJob local(host, job.graph(), options, [&](runtime::JobResult of) { ended.set_value(std::move(of)); });
  running = &local;
  const MonotonicTime began = host.monotonic_now();
  const Stopwatch stopwatch;
  local.start();
  std::future<runtime::JobResult> end = ended.get_future();
  if (end.wait_for(plan.length) == std::future_status::timeout) local.cancel();
  const MonotonicTime until = host.monotonic_now();
  const runtime::JobResult of = end.get();
  result.cost = stopwatch.stop();
  if (of.state != runtime::JobResult::State::kCancelled) throw Error(Domain::kInternal, Retry::kNo, of.message);
  result.updates_per_second = static_cast<double>(updated) / result.cost.wall_s;
  const auto add = [&](MonotonicTime from, MonotonicTime to) {
    const Gaps::Gap longest = gaps.longest(from, to);
    result.clock_ms.push_back(milliseconds(longest.clock));
    result.own_ms.push_back(milliseconds(longest.own));
  };
  if (with == Checkpoints::kYes) {
    for (const Checkpoint& checkpoint : result.checkpoints) add(checkpoint.begun, checkpoint.completed);
  } else {
    for (MonotonicTime at = began + plan.interval; at + plan.interval <= until; at += plan.interval)
      add(at, at + plan.interval);
  }
  return result;
}

double percentile(std::vector<double> values, double of) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<std::size_t>(of * static_cast<double>(values.size())))];
}

void show(const char* name, const Run& run) {
  fmt::print(
      "{:<20} {:6.2f} M updates/s, CPU {:5.2f} s in {:.1f} s; longest pause, ms: own median {:.2f}, p99 {:.2f}; by the "
      "clock median {:.2f}, p99 {:.2f}; of {}\n",
      name, run.updates_per_second / 1e6, run.cost.cpu_s, run.cost.wall_s, percentile(run.own_ms, 0.5),
      percentile(run.own_ms, 0.99), percentile(run.clock_ms, 0.5), percentile(run.clock_ms, 0.99), run.own_ms.size());
}

Plan parse(int argc, char** argv) {
  Plan plan;
  auto keys = static_cast<std::int64_t>(plan.updates.keys);
  auto rate = static_cast<std::int64_t>(plan.updates.updates_per_second);
  std::int64_t seconds = plan.length.count();
  std::int64_t interval_ms = plan.interval.count();
  const Flag flags[] = {{"--keys", &keys, 1},
                        {"--updates-per-second", &rate},
                        {"--seconds", &seconds, 2, 3'600},
                        {"--interval-ms", &interval_ms, 1, 3'600'000}};
  parse_flags(argc, argv, flags);
  plan.updates.keys = static_cast<std::uint64_t>(keys);
  plan.updates.updates_per_second = static_cast<double>(rate);
  plan.length = std::chrono::seconds(seconds);
  plan.interval = Duration{interval_ms};
  return plan;
}

/// How long records stand still around a barrier, and how long a checkpoint takes until it is durable. Goal: p99 of the
/// longest pause at most 2 ms.
///
///   checkpoint_pauses [--keys N] [--updates-per-second N] [--seconds N] [--interval-ms N]
///
/// All keys are updated in turn, as fast as it goes unless a pace is given: every key is dirty at every barrier, and
/// the task never waits for its source to keep the pace. The longest pause of a checkpoint is that between its trigger
/// and its end; a run without checkpoints shows what the machine does anyway. There are two measures:
///  - own: time that the updating task's thread ran between two updates: barrier, freeze, drain slices, page faults,
///    acknowledgement. What checkpoints do to a task that has a core. At a pace it counts slices too that fill the time
///    when no update is due, and so no pauses: read it without one. What a hypervisor takes is in it.
///  - by the clock: that, and waiting for locks, for records, and for a core that helpers, compactions, the source or
///    other processes have. Means little while others compile.
int checkpoint_pauses(int argc, char** argv) {
  const Plan plan = parse(argc, argv);
  fmt::print("checkpoint_pauses: {} keys, {}, a checkpoint every {} ms, {} s\n", plan.updates.keys,
             plan.updates.updates_per_second == 0
                 ? "updates as fast as it goes"
                 : fmt::format("{:.0f} updates a second", plan.updates.updates_per_second),
             plan.interval.count(), plan.length.count());
  const Run without = run(plan, Checkpoints::kNo);
  const Run with = run(plan, Checkpoints::kYes);
  show("without checkpoints", without);
  show("with checkpoints", with);
  std::vector<double> durations;
  std::vector<double> acks;
  std::vector<double> megabytes;
  for (const Checkpoint& checkpoint : with.checkpoints) {
    durations.push_back(milliseconds(checkpoint.completed - checkpoint.begun));
    acks.push_back(milliseconds(checkpoint.slowest_ack));
    megabytes.push_back(static_cast<double>(checkpoint.new_bytes) / 1e6);
  }
  fmt::print(
      "trigger to durable, ms:  median {:.0f}, p99 {:.0f} (last acknowledgement {:.0f}); new files {:.1f} MB\n\n",
      percentile(durations, 0.5), percentile(durations, 0.99), percentile(acks, 0.5), percentile(megabytes, 0.5));
  return 0;
}

}  // namespace
}  // namespace weir::benchmarks

int main(int argc, char** argv) { return weir::benchmarks::run_main(weir::benchmarks::checkpoint_pauses, argc, argv); }
