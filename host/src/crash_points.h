#pragma once

#include <atomic>
#include <string>
#include <string_view>

namespace weir::host {

/// Kills the process at the n-th hit of one named place. Thread-safe. Unarmed, a hit costs one comparison.
class CrashPoints {
 public:
  /// `armed`: "", "name" or "name:n" with n = 1, 2, ... Errors: UsageError when it is something else.
  explicit CrashPoints(std::string_view armed);

  void hit(std::string_view name) {
    if (!name_.empty() && name == name_) [[unlikely]]
      count_down();
  }

 private:
  void count_down();

  std::string name_;
  std::atomic<long> left_{1};
};

}  // namespace weir::host
