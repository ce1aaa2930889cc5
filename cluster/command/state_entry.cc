#include "state_entry.h"

#include "weir/cluster/decode_json.h"
#include "weir/cluster/json_writer.h"
#include "weir/core/error.h"

#include "readable.h"

namespace weir::cluster {
namespace {

using SubKey = StateEntry::SubKey;

/// Which kind of state an entry with a sub-key is of: timers keep nothing but their time.
SubKey sub_key_kind(const Schema& state, std::string_view value) {
  if (state.kind == Schema::Kind::kMap) return SubKey::kMapKey;
  if (state.kind != Schema::Kind::kList) throw CorruptionError("an entry has a sub-key, and its state has none");
  const bool of_times = state.parts.at(0).schema.type.starts_with("time(");
  return of_times && value == std::string_view("\0", 1) ? SubKey::kTimer : SubKey::kIndex;
}

void read_sub_key(const Schema& state, std::string_view& rest, std::string_view value, StateEntry& entry) {
  static const Schema kIndexSchema{Schema::Kind::kScalar, "uint64", {}};
  entry.sub_key_kind = sub_key_kind(state, value);
  switch (entry.sub_key_kind) {
    case SubKey::kMapKey:
      entry.sub_key = key_json(state.parts.at(0).schema, rest);
      entry.value = value_json(state.parts.at(1).schema, value);
      return;
    case SubKey::kIndex:
      entry.sub_key = key_json(kIndexSchema, rest);
      entry.value = value_json(state.parts.at(0).schema, value);
      return;
    case SubKey::kTimer:
      entry.sub_key = key_json(state.parts.at(0).schema, rest);
      return;
    case SubKey::kNone:
      return;
  }
}

const char* member_name(SubKey kind) {
  switch (kind) {
    case SubKey::kMapKey:
      return "map_key";
    case SubKey::kIndex:
      return "index";
    case SubKey::kTimer:
      return "timer_ms";
    case SubKey::kNone:
      break;
  }
  return "";
}

}  // namespace

StateEntry read_entry(const KeyedStateInfo& info, const CheckpointStates::Row& row) {
  StateEntry entry;
  entry.group = row.prefix.group;
  std::string_view rest = row.key;
  entry.key = key_json(info.key, rest);
  if (info.kind == StateKind::kTimers && row.prefix.slice_end) {
    entry.sub_key_kind = SubKey::kTimer;
    entry.sub_key = std::to_string(to_ms(*row.prefix.slice_end));
  } else if (rest.empty()) {
    entry.slice_end = row.prefix.slice_end;
    entry.value = value_json(info.value, row.value);
  } else {
    read_sub_key(info.value, rest, row.value, entry);
  }
  if (!rest.empty()) throw CorruptionError("an entry of state '" + info.name + "' has bytes behind its key");
  return entry;
}

void add_members(const StateEntry& entry, JsonWriter& json) {
  json.key("key_group").number(entry.group.value());
  if (entry.slice_end) json.key("slice_end_ms").number(to_ms(*entry.slice_end));
  json.key("key").json(entry.key);
  if (entry.sub_key_kind != SubKey::kNone) json.key(member_name(entry.sub_key_kind)).json(entry.sub_key);
  if (!entry.value.empty()) json.key("value").json(entry.value);
}

std::string text_of(const StateEntry& entry) {
  std::string text;
  if (entry.slice_end) text += utc(*entry.slice_end) + "\t";
  text += entry.key;
  if (entry.sub_key_kind != SubKey::kNone) text += "\t" + entry.sub_key;
  if (!entry.value.empty()) text += "\t" + entry.value;
  return text;
}

}  // namespace weir::cluster
