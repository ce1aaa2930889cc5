#include "row_adapter.h"

#include <limits>

#include "weir/core/key_buffer.h"
#include "weir/core/row_key.h"

namespace weir::state {

namespace {

/// Bytes of changes that are written at a time, or those of a key group if these are more; each time makes a file.
constexpr std::size_t kWrittenAtOnce = std::size_t{16} << 20;

/// What the state's rows of a key group begin with; the rows of the next state do not begin below `to`.
void append_bounds(std::uint16_t group, StateId state, KeyBuffer& from, KeyBuffer& to) {
  append_row_prefix({KeyGroup(group), state, std::nullopt}, from);
  if (state.value() == std::numeric_limits<StateId::rep>::max()) {
    append_group_bound(group + 1U, to);
  } else {
    append_row_prefix({KeyGroup(group), StateId(static_cast<StateId::rep>(state.value() + 1)), std::nullopt}, to);
  }
}

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
    KeyBuffer from;
    KeyBuffer to;
    append_bounds(static_cast<std::uint16_t>(group), state.id, from, to);
    cold_.scan(from.view(), to.view(), [&](std::string_view key, std::string_view value) {
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
    changes.push_back({row.kind, rest.substr(0, row.key), rest.substr(row.key, row.value)});
    rest.remove_prefix(row.key + row.value);
  }
  if (!changes.empty()) cold_.ingest(changes);
  rows_.clear();
  bytes_.clear();
}

}  // namespace weir::state
