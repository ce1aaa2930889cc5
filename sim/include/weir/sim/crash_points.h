#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::sim {

/// When an armed crash point kills.
enum class Side {
  kBefore,  ///< at the call: nothing that follows it happens
  kAfter,   ///< when the step or callback that made the call has ended
};

/// Counts the hits of crash points and says which one kills.
class CrashPoints {
 public:
  enum class Verdict { kLive, kDieNow, kDieAfterEvent };

  /// Kills at the `nth` hit of `name` from now on, once. Requires: nth >= 1.
  void arm(std::string name, std::uint64_t nth, Side side);
  void disarm() { armed_.clear(); }

  Verdict hit(std::string_view name);

  /// Hits of every point since the world began.
  const std::map<std::string, std::uint64_t, std::less<>>& hits() const { return hits_; }

 private:
  struct Armed {
    std::string name;
    std::uint64_t left;
    Side side;
  };

  std::vector<Armed> armed_;
  std::map<std::string, std::uint64_t, std::less<>> hits_;
};

}  // namespace weir::sim
