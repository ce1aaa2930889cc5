#include "weir/core/blocking_call.h"

#include <utility>

#include "weir/core/check.h"

namespace weir {

void BlockingCall::open(Host& host, Notifier notifier) {
  host_ = &host;
  notifier_ = std::move(notifier);
}

void BlockingCall::start(std::function<void()> work) {
  WEIR_CHECK(host_ != nullptr && state_ == nullptr);
  state_ = std::make_shared<State>();
  host_->blocking(std::move(work), [state = state_, notifier = notifier_](std::exception_ptr error) {
    state->error = std::move(error);
    state->done.store(true, std::memory_order_release);
    notifier.notify();
  });
}

bool BlockingCall::ready() {
  if (state_ == nullptr) return true;
  if (!state_->done.load(std::memory_order_acquire)) return false;
  const auto state = std::exchange(state_, nullptr);
  if (state->error) std::rethrow_exception(state->error);
  return true;
}

}  // namespace weir
