#pragma once

#include <functional>
#include <memory>
#include <utility>

namespace weir {

/// Makes a task look again: what an asynchronous completion calls when it has something for its task.
///
/// Copies may outlive the task; then notify() does nothing. Thread: the control loop, or the task itself.
class Notifier {
 public:
  Notifier() = default;
  explicit Notifier(std::weak_ptr<const std::function<void()>> wake) : wake_(std::move(wake)) {}

  void notify() const {
    if (auto wake = wake_.lock()) (*wake)();
  }

 private:
  std::weak_ptr<const std::function<void()>> wake_;
};

}  // namespace weir
