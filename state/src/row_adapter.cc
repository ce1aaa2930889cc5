#include "row_adapter.h"

#include <algorithm>
#include <string>

#include "weir/core/error.h"
#include "weir/core/row_key.h"
#include "weir/state/row_bounds.h"

namespace weir::state {

namespace {

/// Bytes of changes that are written at a time, or those of a key group if these are more; each time makes a file.
constexpr std::size_t kWrittenAtOnce = std::size_t{16} << 20;

}  // namespace

void RowAdapter::migrate(const KeyedStateInfo& state, const Evolution& evolution) {
  std::string now;
  for_each_row(state, [&](std::string_view key, std::string_view value, bool live) {
    if (!live) return;
    now.clear();
    evolution.migrate(value, now);
    add(RowChange::Kind::kPut, key, now);
  });
}

void RowAdapter::sort_by_time(const KeyedStateInfo& timers) {
  // group | state | key | time becomes group | state | time | key.
  constexpr std::size_t kTimeBytes = 8;
  std::string now;
  for_each_row(timers, [&](std::string_view key, std::string_view value, bool) {
    std::string_view rest = key;
    take_row_prefix(rest, Sliced::kNo);
    if (rest.size() < kTimeBytes) throw CorruptionError("a timer of state '" + timers.name + "' has no time");
    const std::string_view time = rest.substr(rest.size() - kTimeBytes);
    now.assign(key.substr(0, key.size() - rest.size()));
    now.append(time).append(rest.substr(0, rest.size() - kTimeBytes));
    add(RowChange::Kind::kDelete, key, {});
    add(RowChange::Kind::kPut, now, value);
  });
}

std::uint64_t RowAdapter::drop(const KeyedStateInfo& state) {
  std::uint64_t dropped = 0;
  for_each_row(state, [&](std::string_view key, std::string_view, bool live) {
    add(RowChange::Kind::kDelete, key, {});
    dropped += live ? 1 : 0;
  });
  return dropped;
}

void RowAdapter::for_each_row(const KeyedStateInfo& state, const Visit& visit) {
  for (std::uint32_t group = range_.begin; group < range_.end && !gone_(); ++group) {
    const RowBounds bounds(KeyGroup(static_cast<KeyGroup::rep>(group)), state.id);
    cold_.scan(bounds.from.view(), bounds.to.view(), [&](std::string_view key, std::string_view value) {
      std::string_view rest = key;
      const RowPrefix prefix = take_row_prefix(rest, state.sliced);
      visit(key, value, !prefix.slice_end || *prefix.slice_end > state.horizon);
    });
    if (bytes_.size() >= kWrittenAtOnce) flush();
  }
  flush();
}

void RowAdapter::add(RowChange::Kind kind, std::string_view key, std::string_view value) {
  rows_.push_back({kind, key.size(), value.size()});
  bytes_.append(key).append(value);
}

void RowAdapter::flush() {
  std::vector<RowChange> changes;
  changes.reserve(rows_.size());
  std::string_view rest = bytes_;
  for (const Row& row : rows_) {
    changes.emplace_back(row.kind, rest.substr(0, row.key), rest.substr(row.key, row.value));
    rest.remove_prefix(row.key + row.value);
  }
  // A timer may go where another was: what is put there stays.
  std::sort(changes.begin(), changes.end(), [](const RowChange& a, const RowChange& b) {
    if (const int order = a.key().compare(b.key()); order != 0) return order < 0;
    return a.is_put() && !b.is_put();
  });
  const auto same_row = [](const RowChange& a, const RowChange& b) { return a.key() == b.key(); };
  changes.erase(std::unique(changes.begin(), changes.end(), same_row), changes.end());
  if (!changes.empty()) cold_.ingest(changes);
  rows_.clear();
  bytes_.clear();
}

}  // namespace weir::state
