#include <algorithm>
#include <chrono>
#include <future>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "weir/core/error.h"
#include "weir/host/real_host.h"
#include "weir/runtime/local_job.h"

#include "benchmarks/checkpointed.h"
#include "benchmarks/keyed_updates.h"
#include "benchmarks/measure.h"
#include "benchmarks/settings.h"

namespace weir::benchmarks {
namespace {

using std::chrono::nanoseconds;

/// The longest time without an update in each stretch of the run.
class Gaps {
 public:
  explicit Gaps(Host& host) : host_(host) {}

  void note() {
    const MonotonicTime now = host_.monotonic_now();
    if (last_ != MonotonicTime{} && now - last_ > kWorthNoting) gaps_.emplace_back(now, now - last_);
    last_ = now;
  }

  /// Of the gaps that end in (from, to]; 0 if there is none. Requires: nobody notes any more.
  nanoseconds longest(MonotonicTime from, MonotonicTime to) const {
    nanoseconds longest{0};
    for (const auto& [end, gap] : gaps_)
      if (end > from && end <= to) longest = std::max(longest, gap);
    return longest;
  }

 private:
  static constexpr std::chrono::microseconds kWorthNoting{20};

  Host& host_;
  MonotonicTime last_{};
  std::vector<std::pair<MonotonicTime, nanoseconds>> gaps_;
};

struct Checkpoint {
  MonotonicTime begun{};
  MonotonicTime completed{};
  nanoseconds slowest_ack{0};
  std::uint64_t new_bytes = 0;
};

struct Run {
  std::vector<double> pauses_ms;  ///< the longest of each checkpoint, or of each second without any
  std::vector<Checkpoint> checkpoints;
  Cost cost;
};

Run run(const KeyedUpdates& updates, std::optional<Duration> interval) {
  std::promise<runtime::JobResult> ended;
  host::RealHost host;
  Gaps gaps(host);
  KeyedUpdates job = updates;
  job.on_update = [&](std::uint64_t) { gaps.note(); };
  runtime::JobOptions options;
  options.parallelism = 1;
  options.workers = 2;
  std::optional<TemporaryDirectory> directory;
  if (interval) take_checkpoints(options, directory.emplace().path(), *interval);
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
  const runtime::JobResult of = ended.get_future().get();
  result.cost = stopwatch.stop();
  if (of.state != runtime::JobResult::State::kFinished) throw Error(Domain::kInternal, Retry::kNo, of.message);
  const auto add = [&](MonotonicTime from, MonotonicTime to) {
    result.pauses_ms.push_back(std::chrono::duration<double, std::milli>(gaps.longest(from, to)).count());
  };
  // The last one is that of the end, when no update follows.
  for (std::size_t i = 0; i + 1 < result.checkpoints.size(); ++i)
    add(result.checkpoints[i].begun, result.checkpoints[i].completed);
  if (!interval) {
    using namespace std::chrono_literals;
    for (MonotonicTime at = began + 1s; at + 1s < host.monotonic_now(); at += 1s) add(at, at + 1s);
  }
  return result;
}

double percentile(std::vector<double> values, double of) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<std::size_t>(of * static_cast<double>(values.size())))];
}

void show(const char* name, const Run& run) {
  fmt::print("{:<22} longest pause, ms: median {:.2f}, p99 {:.2f}, of {}; CPU {:.2f} s in {:.1f} s\n", name,
             percentile(run.pauses_ms, 0.5), percentile(run.pauses_ms, 0.99), run.pauses_ms.size(), run.cost.cpu_s,
             run.cost.wall_s);
}

/// How long records stand still around a barrier, and how long a checkpoint takes until it is durable: 1 M keys, 500 k
/// of them changed a second. Goal: p99 of the longest pause at most 2 ms.
int checkpoint_pauses(int, char**) {
  KeyedUpdates updates;
  updates.updates = static_cast<std::uint64_t>(updates.updates_per_second * 30);
  fmt::print("checkpoint_pauses: {} keys, {:.0f} updates a second, a checkpoint every second\n", updates.keys,
             updates.updates_per_second);
  const Run without = run(updates, std::nullopt);
  const Run with = run(updates, Duration{1'000});
  show("without checkpoints", without);
  show("with checkpoints", with);
  std::vector<double> durations;
  std::vector<double> acks;
  std::vector<double> megabytes;
  for (const Checkpoint& checkpoint : with.checkpoints) {
    durations.push_back(std::chrono::duration<double, std::milli>(checkpoint.completed - checkpoint.begun).count());
    acks.push_back(std::chrono::duration<double, std::milli>(checkpoint.slowest_ack).count());
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
