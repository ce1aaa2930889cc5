#include "weir/runtime/task_metrics.h"

namespace weir::runtime {

namespace {

constexpr unsigned kUseBits = 2;
constexpr std::uint64_t kUseMask = (std::uint64_t{1} << kUseBits) - 1;

std::uint64_t nanoseconds(MonotonicTime time) { return static_cast<std::uint64_t>(time.time_since_epoch().count()); }

}  // namespace

std::uint64_t TaskTimes::packed() const { return nanoseconds(since_) << kUseBits | static_cast<std::uint64_t>(use_); }

void TaskTimes::begin(Use use) {
  const MonotonicTime now = host_.monotonic_now();
  state_.store(kChanging, std::memory_order_relaxed);
  auto& ended = ended_[static_cast<std::size_t>(use_)];
  // Whoever sees the new sum sees the mark, or what comes after it.
  ended.store(ended.load(std::memory_order_relaxed) + static_cast<std::uint64_t>((now - since_).count()),
              std::memory_order_release);
  use_ = use;
  since_ = now;
  state_.store(packed(), std::memory_order_release);
}

TaskTimes::Sums TaskTimes::sums(MonotonicTime now) const {
  std::uint64_t sums[kUses];
  for (;;) {
    const std::uint64_t before = state_.load(std::memory_order_acquire);
    for (std::size_t use = 0; use < kUses; ++use) sums[use] = ended_[use].load(std::memory_order_acquire);
    if (before == kChanging || before != state_.load(std::memory_order_relaxed)) continue;
    const std::uint64_t since = before >> kUseBits;
    if (nanoseconds(now) > since) sums[before & kUseMask] += nanoseconds(now) - since;
    break;
  }
  const auto sum = [&](Use use) { return std::chrono::nanoseconds(sums[static_cast<std::size_t>(use)]); };
  return {sum(Use::kBusy), sum(Use::kIdle), sum(Use::kBackPressured)};
}

TaskMetrics::TaskMetrics(Host& host, std::size_t count)
    : times(host, TaskTimes::Use::kBusy), deployed_ms(to_ms(host.wall_now())) {
  for (std::size_t i = 0; i < count; ++i) operators.push_back(std::make_unique<OperatorMetrics>());
}

}  // namespace weir::runtime
