#include "wake_signal.h"

#include <cerrno>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "weir/core/check.h"

namespace weir::host {

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t), "the futex is the atomic itself");
static_assert(std::atomic<std::uint32_t>::is_always_lock_free);

void WakeSignal::park() noexcept {
  std::uint32_t expected = kClear;
  if (!state_.compare_exchange_strong(expected, kParked, std::memory_order_acq_rel)) return;
  while (state_.load(std::memory_order_acquire) == kParked) {
    const long result = syscall(SYS_futex, &state_, FUTEX_WAIT_PRIVATE, kParked, nullptr, nullptr, 0);
    WEIR_CHECK(result == 0 || errno == EAGAIN || errno == EINTR, errno);
  }
}

void WakeSignal::wake_sleeper() noexcept { syscall(SYS_futex, &state_, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0); }

}  // namespace weir::host
