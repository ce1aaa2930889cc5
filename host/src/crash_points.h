#pragma once

#include <atomic>
#include <string>
#include <string_view>

namespace weir::host {

/// Kills or stops the process at the n-th hit of one named place each. Thread-safe. Unarmed, a hit costs two
/// comparisons.
class CrashPoints {
 public:
  /// Each is "", "name" or "name:n" with n = 1, 2, ...; a colon before a blank belongs to the name.
  /// Errors: UsageError when it is something else, naming the variable that said so.
  CrashPoints(std::string_view kill_at, std::string_view stop_at)
      : kill_("WEIR_CRASH_AT", kill_at), stop_("WEIR_STOP_AT", stop_at) {}

  void hit(std::string_view name) {
    if (stop_.reached(name)) [[unlikely]]
      stop();
    if (kill_.reached(name)) [[unlikely]]
      kill();
  }

 private:
  class Armed {
   public:
    Armed(std::string_view variable, std::string_view value);

    bool reached(std::string_view name) { return !name_.empty() && name == name_ && left_.fetch_sub(1) == 1; }

   private:
    std::string name_;
    std::atomic<long> left_{1};
  };

  void kill();
  /// Returns when the process was continued.
  void stop();

  Armed kill_;
  Armed stop_;
};

}  // namespace weir::host
