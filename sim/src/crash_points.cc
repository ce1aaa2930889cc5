#include "weir/sim/crash_points.h"

#include <utility>

#include "weir/core/check.h"

namespace weir::sim {

void CrashPoints::arm(std::string name, std::uint64_t nth, Side side) {
  WEIR_CHECK(nth >= 1, "hits of a crash point are counted from 1");
  armed_.push_back({std::move(name), nth, side});
}

CrashPoints::Verdict CrashPoints::hit(std::string_view name) {
  const auto known = hits_.find(name);
  if (known != hits_.end())
    ++known->second;
  else
    hits_.emplace(name, 1);

  Verdict verdict = Verdict::kLive;
  for (auto armed = armed_.begin(); armed != armed_.end();) {
    if (armed->name != name || --armed->left > 0) {
      ++armed;
      continue;
    }
    if (armed->side == Side::kBefore)
      verdict = Verdict::kDieNow;
    else if (verdict == Verdict::kLive)
      verdict = Verdict::kDieAfterEvent;
    armed = armed_.erase(armed);
  }
  return verdict;
}

}  // namespace weir::sim
