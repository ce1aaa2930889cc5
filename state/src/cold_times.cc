#include "weir/state/cold_times.h"

#include <algorithm>
#include <utility>

#include "weir/core/check.h"

namespace weir::state {

namespace {

constexpr auto by_first = [](const auto& a, const auto& b) { return a.first < b.first; };

}  // namespace

void ColdTimes::add(KeyGroup group, Timestamp time) {
  WEIR_CHECK(range_.contains(group) && time < kNever, group.value(), to_ms(time));
  if (groups_.empty()) groups_.resize(range_.end - range_.begin);
  Group& of = at(group);
  if (time <= of.first) {
    of.first = time;
    // It may lie before the row that was next.
    of.row.clear();
  }
  of.last = std::max(of.last, time);
  first_ = std::min(first_, time);
}

KeyGroup ColdTimes::first_group() const {
  const auto earliest = std::min_element(groups_.begin(), groups_.end(), by_first);
  return KeyGroup(static_cast<KeyGroup::rep>(range_.begin + (earliest - groups_.begin())));
}

void ColdTimes::read_up_to(KeyGroup group, Timestamp time, std::string row) {
  Group& of = at(group);
  of.first = time;
  of.row = std::move(row);
  find_first();
}

void ColdTimes::read_all(KeyGroup group) {
  at(group) = {};
  find_first();
}

void ColdTimes::find_first() { first_ = std::min_element(groups_.begin(), groups_.end(), by_first)->first; }

}  // namespace weir::state
