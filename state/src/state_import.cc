#include "state_import.h"

#include <algorithm>
#include <exception>
#include <utility>

#include <fmt/format.h>

#include "weir/core/check.h"
#include "weir/core/error.h"
#include "weir/state/handle_shares.h"
#include "weir/state/row_bounds.h"

#include "row_adapter.h"

namespace weir::state {

namespace {

/// Rows that are loaded at a stretch before it is looked whether they are still wanted.
constexpr std::size_t kLoadedAtOnce = 256;

/// Bytes of rows that are copied at a time; each time makes a file.
constexpr std::size_t kCopiedAtOnce = std::size_t{16} << 20;

/// The same when there is little memory.
std::size_t copied_at_once(const std::optional<std::size_t>& memory) {
  constexpr std::size_t kLeast = std::size_t{1} << 20;
  return memory ? std::clamp(*memory / 8, kLeast, kCopiedAtOnce) : kCopiedAtOnce;
}

/// Rows on their way from one cold store to another.
class RowCopier {
 public:
  RowCopier(ColdStore& to, std::size_t at_once) : to_(to), at_once_(at_once) {}

  void add(std::string_view key, std::string_view value) {
    rows_.push_back({key.size(), value.size()});
    bytes_.append(key).append(value);
    if (bytes_.size() >= at_once_) flush();
  }

  void flush() {
    std::vector<RowChange> changes;
    changes.reserve(rows_.size());
    std::string_view rest = bytes_;
    for (const Row& row : rows_) {
      changes.emplace_back(RowChange::Kind::kPut, rest.substr(0, row.key), rest.substr(row.key, row.value));
      rest.remove_prefix(row.key + row.value);
    }
    to_.ingest(changes);
    rows_.clear();
    bytes_.clear();
  }

 private:
  struct Row {
    std::size_t key;
    std::size_t value;
  };

  ColdStore& to_;
  const std::size_t at_once_;
  std::vector<Row> rows_;
  std::string bytes_;
};

/// Which rows of a handle its own horizons hide.
class HiddenRows {
 public:
  explicit HiddenRows(const StateHandle& handle) {
    for (const KeyedStateInfo& state : handle.states)
      if (state.sliced == Sliced::kYes) horizons_.emplace(state.id, state.horizon);
  }

  bool hide(std::string_view key) const {
    const auto horizon = horizons_.find(state_of_row(key));
    return horizon != horizons_.end() && *take_row_prefix(key, Sliced::kYes).slice_end <= horizon->second;
  }

 private:
  std::map<StateId, Timestamp> horizons_;
};

std::uint64_t certain_entries(const StateHandle& handle) { return handle.entries - handle.expiring_entries; }

}  // namespace

StateImport::StateImport(const KeyedState::Options& options, From from, const std::vector<Registered>& states,
                         std::shared_ptr<Wanted> wanted)
    : operator_name_(options.operator_name),
      range_(options.range),
      host_(*options.host),
      cold_(options.cold),
      make_scratch_(options.make_scratch),
      from_(std::move(from)),
      wanted_(std::move(wanted)),
      memory_(options.memory) {
  for (const Registered& state : states) states_.emplace(state.info.id, state);
  for (const KeyedStateInfo& state : from_.merged)
    if (is_expiring(state)) expiring_.insert(state.id);
}

void StateImport::run() {
  const std::size_t as_it_is = share_to_take_over(from_.handles, from_.shares, from_.merged);
  if (as_it_is < from_.shares.size()) take_over(from_.handles[from_.shares[as_it_is].handle]);
  for (std::size_t i = 0; i < from_.shares.size(); ++i)
    if (i != as_it_is) copy(from_.handles[from_.shares[i].handle], from_.shares[i]);
  host_.crash_point("restore: handles imported");
  adapt();
  begin_cold();
  load();
  host_.crash_point("restore: timers indexed");
}

void StateImport::take_over(const StateHandle& handle) {
  if (handle.files.empty()) return;
  const std::vector<ColdFile> fetched = from_.fetch(handle.files);
  host_.crash_point("restore: files fetched");
  cold_->import(handle.metadata, fetched);
  expected_ += certain_entries(handle);
}

void StateImport::copy(const StateHandle& handle, const HandleShare& share) {
  if (handle.files.empty()) return;
  const std::vector<ColdFile> fetched = from_.fetch(handle.files);
  host_.crash_point("restore: files fetched");
  WEIR_CHECK(make_scratch_ != nullptr, operator_name_);
  const std::unique_ptr<ColdStore> scratch = make_scratch_();
  scratch->import(handle.metadata, fetched);
  KeyBuffer from;
  append_group_bound(share.range.begin, from);
  KeyBuffer to;
  append_group_bound(share.range.end, to);
  const HiddenRows hidden(handle);
  RowCopier copier(*cold_, copied_at_once(memory_));
  std::uint64_t copied = 0;
  std::uint64_t certain = 0;
  bool stop = false;
  scratch->scan(from.view(), to.view(), [&](std::string_view key, std::string_view value) {
    if (stop || hidden.hide(key)) return;
    copier.add(key, value);
    certain += is_certain(key) ? 1 : 0;
    if (++copied % kLoadedAtOnce == 0) stop = gone();
  });
  if (stop) return;
  copier.flush();
  if (share.whole && certain != certain_entries(handle))
    throw CorruptionError(
        fmt::format("the checkpoint of operator '{}' counts {} entries in key groups {} to {}, but "
                    "its files hold {}",
                    operator_name_, certain_entries(handle), handle.range.begin, handle.range.end - 1, certain));
  expected_ += certain;
}

void StateImport::adapt() {
  RowAdapter adapter(*cold_, range_, [this] { return gone(); });
  for (const KeyedStateInfo& stored : from_.merged) {
    const auto now = states_.find(stored.id);
    if (now == states_.end()) {
      const std::uint64_t dropped = adapter.drop(stored);
      if (!expiring_.contains(stored.id)) expected_ -= dropped;
    } else if (timers_lie_by_key(stored, now->second.info.kind)) {
      adapter.sort_by_time(stored);
    } else if (now->second.evolution != nullptr) {
      try {
        adapter.migrate(stored, *now->second.evolution);
      } catch (const Error&) {
        throw;
      } catch (const std::exception& error) {
        throw UserError(fmt::format("operator '{}', state '{}': its migration failed: {}", operator_name_, stored.name,
                                    error.what()));
      }
    }
  }
}

bool StateImport::gone() {
  const std::lock_guard lock(wanted_->mutex);
  return wanted_->gone;
}

bool StateImport::stays_as_it_is(const KeyedStateInfo& stored) const {
  const auto now = states_.find(stored.id);
  return now != states_.end() && now->second.evolution == nullptr && now->second.expired_before == nullptr &&
         !expiring_.contains(stored.id) && !timers_lie_by_key(stored, now->second.info.kind);
}

void StateImport::begin_cold() {
  if (!can_begin_cold(from_.handles, from_.shares)) return;
  const StateHandle& handle = from_.handles[from_.shares.front().handle];
  const std::lock_guard lock(wanted_->mutex);
  for (std::size_t i = 0; i < handle.states.size() && !wanted_->gone; ++i) {
    const KeyedStateInfo& stored = handle.states[i];
    const StateCount& count = handle.counts[i];
    if (!stays_as_it_is(stored) || !states_.at(stored.id).section->begin_cold(count, *cold_)) continue;
    if (count.entries > expected_)
      throw CorruptionError(
          fmt::format("the checkpoint of operator '{}' counts {} entries of state '{}', and fewer in all",
                      operator_name_, count.entries, stored.name));
    expected_ -= count.entries;
    begun_cold_.emplace(stored.id, count.entries);
  }
}

void StateImport::load() {
  std::unique_lock lock(wanted_->mutex);
  if (begun_cold_.empty()) {
    load_range({}, {}, lock);
  } else {
    load_others(lock);
  }
  if (wanted_->gone) return;
  for (const auto& [id, state] : states_) state.section->finish_load();
  if (loaded_ != expected_)
    throw CorruptionError(fmt::format("the checkpoint of operator '{}' counts {} entries, but its files hold {}",
                                      operator_name_, expected_, loaded_));
}

/// The rows of other states than those that begin cold: these are left out, and what no state has is met when they come
/// back.
void StateImport::load_others(std::unique_lock<std::mutex>& lock) {
  for (std::uint32_t group = range_.begin; group < range_.end && !wanted_->gone; ++group) {
    for (const auto& [id, state] : states_) {
      if (begun_cold_.contains(id)) continue;
      const RowBounds bounds(KeyGroup(static_cast<KeyGroup::rep>(group)), id);
      load_range(bounds.from.view(), bounds.to.view(), lock);
    }
  }
}

void StateImport::load_range(std::string_view from, std::string_view to, std::unique_lock<std::mutex>& lock) {
  cold_->scan(from, to, [&](std::string_view key, std::string_view value) {
    if (rows_++ % kLoadedAtOnce == 0) {
      lock.unlock();
      lock.lock();
      if (!wanted_->gone) look_at_memory();
    }
    if (!wanted_->gone) load_row(key, value);
  });
}

void StateImport::load_row(std::string_view key, std::string_view value) {
  const bool certain = is_certain(key);
  const auto state = states_.find(state_of_row(key));
  if (state == states_.end())
    throw CorruptionError(
        fmt::format("the checkpoint of operator '{}' has rows of state number {}, which it does not list",
                    operator_name_, state_of_row(key).value()));
  const RowPrefix prefix = take_row_prefix(key, state->second.info.sliced);
  if (!range_.contains(prefix.group))
    throw CorruptionError(fmt::format("the checkpoint of operator '{}' has a row of key group {}, outside of {} to {}",
                                      operator_name_, prefix.group.value(), range_.begin, range_.end));
  if (prefix.slice_end && *prefix.slice_end <= state->second.info.horizon) return;
  StateSection& section = *state->second.section;
  if (!leave_cold_ || !section.leave_cold(prefix, key)) section.load(prefix, key, value);
  loaded_ += certain ? 1 : 0;
}

void StateImport::look_at_memory() {
  if (!memory_ || leave_cold_) return;
  std::size_t held = 0;
  for (const auto& [id, state] : states_) held += state.section->memory().bytes;
  leave_cold_ = held >= *memory_ / 4 * 3;
}

}  // namespace weir::state
