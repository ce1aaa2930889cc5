#include "cold_load.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "weir/core/check.h"
#include "weir/core/error.h"
#include "weir/core/key_buffer.h"
#include "weir/state/row_bounds.h"

namespace weir::state {

namespace {

/// Rows between two looks at the clock.
constexpr std::size_t kRowsPerLook = 32;

}  // namespace

ColdLoad::ColdLoad(std::string operator_name, KeyGroupRange range, std::map<StateId, State> states,
                   std::vector<StateId> others)
    : operator_name_(std::move(operator_name)), range_(range), states_(std::move(states)), others_(std::move(others)) {
  WEIR_CHECK(!states_.empty(), operator_name_);
}

bool ColdLoad::must_wait() const {
  return std::any_of(states_.begin(), states_.end(), [](const auto& state) { return state.second.section->walked(); });
}

bool ColdLoad::go_on(ColdReads& reads, Host& host, std::size_t rows, std::chrono::nanoseconds slice) {
  host_ = &host;
  until_ = host.monotonic_now() + slice;
  rows_left_ = std::max<std::size_t>(rows, 1);
  bool more = true;
  do more = scan(reads);
  while (more && !enough());
  for (const auto& [id, state] : states_) state.section->finish_bringing_back();
  return more;
}

bool ColdLoad::scan(ColdReads& reads) {
  bool more = false;
  const std::string from = next_;
  const auto passed = [&](std::string_view key) {
    next_.assign(key).push_back('\0');
    --rows_left_;
    more = rows_left_ == 0 || (rows_left_ % kRowsPerLook == 0 && enough());
    return !more;
  };
  const auto come = [&](std::string_view key, std::string_view value) {
    if (bring_back(key, value)) return passed(key);
    more = true;
    return false;
  };
  reads.scan(from, {}, come, passed);
  return more;
}

bool ColdLoad::bring_back(std::string_view key, std::string_view value) {
  const StateId id = state_of_row(key);
  const auto found = states_.find(id);
  if (found == states_.end()) {
    if (std::find(others_.begin(), others_.end(), id) == others_.end())
      throw CorruptionError(
          fmt::format("the checkpoint of operator '{}' has rows of state number {}, which it does not list",
                      operator_name_, id.value()));
    next_ = RowBounds(take_row_prefix(key, Sliced::kNo).group, id).to.view();
    return false;
  }
  const State& state = found->second;
  const RowPrefix prefix = take_row_prefix(key, state.sliced);
  if (!range_.contains(prefix.group))
    throw CorruptionError(fmt::format("the checkpoint of operator '{}' has a row of key group {}, outside of {} to {}",
                                      operator_name_, prefix.group.value(), range_.begin, range_.end));
  if (prefix.slice_end && *prefix.slice_end <= state.section->horizon()) {
    KeyBuffer to;
    if (state.section->horizon() < Timestamp::max()) {
      append_row_prefix({prefix.group, id, state.section->horizon() + Duration{1}}, to);
      next_ = to.view();
    } else {
      next_ = RowBounds(prefix.group, id).to.view();
    }
    return false;
  }
  state.section->bring_back(prefix, key, value);
  return true;
}

bool ColdLoad::enough() { return rows_left_ == 0 || host_->monotonic_now() >= until_; }

void ColdLoad::check_complete() const {
  for (const auto& [id, state] : states_) {
    const std::size_t all = state.section->entries();
    const std::size_t held = state.section->memory().entries;
    if (held >= all) continue;
    throw CorruptionError(
        fmt::format("the checkpoint of operator '{}' counts {} entries of state '{}', but its files hold {}",
                    operator_name_, state.counted, state.name, state.counted - std::min(all - held, state.counted)));
  }
}

}  // namespace weir::state
