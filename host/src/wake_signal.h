#pragma once

#include <atomic>
#include <cstdint>

namespace weir::host {

/// Lets one thread sleep until others have something for it, without losing a wake-up.
///
/// raise(): any thread; the rest: the one sleeper.
///
/// Why nothing is lost: raise() and take() are read-modify-writes of one word, so they fall into one order, and each
/// reads the newest value before it. A raise() that comes before a take() is read by it, directly or through other
/// raises (each carries on the release sequence), so whatever the waker wrote earlier is seen after that take(). A
/// raise() that comes after the take() leaves kRaised behind, which park() finds: its compare-and-swap from kClear to
/// kParked fails, or, if it came first, the raise reads kParked and wakes the futex; the kernel compares the word
/// with kParked again, under the futex's own lock, before it lets the thread sleep. A plain load to skip the exchange
/// in raise() would break this: it may read an old kRaised before the waker's own earlier writes are visible.
class WakeSignal {
 public:
  /// Costs one exchange unless the sleeper is parked.
  void raise() noexcept {
    if (state_.exchange(kRaised, std::memory_order_acq_rel) == kParked) wake_sleeper();
  }

  /// Clears the signal; whether it was raised.
  bool take() noexcept { return state_.exchange(kClear, std::memory_order_acq_rel) == kRaised; }

  /// A glance, for spinning: take() decides.
  bool raised() const noexcept { return state_.load(std::memory_order_relaxed) == kRaised; }

  /// Returns when the signal is raised, at once if it is already.
  void park() noexcept;

 private:
  static constexpr std::uint32_t kClear = 0;
  static constexpr std::uint32_t kRaised = 1;
  static constexpr std::uint32_t kParked = 2;

  void wake_sleeper() noexcept;

  std::atomic<std::uint32_t> state_{kClear};
};

}  // namespace weir::host
