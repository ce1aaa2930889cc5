#include "weir/state/state_declaration.h"

#include <cstddef>
#include <optional>

#include <fmt/format.h>

#include "weir/state/expiring.h"

namespace weir::state {

namespace {

StateFate refused(std::string why) { return {StateFate::Kind::kRefused, {}, std::move(why)}; }

const char* slices(Sliced sliced) { return sliced == Sliced::kYes ? "in" : "without"; }

/// Which part of the value of a state each of its rows holds; none: all of it.
std::optional<std::size_t> part_in_rows(StateKind kind) {
  switch (kind) {
    case StateKind::kList:
      return 0;
    case StateKind::kMap:
      return 1;
    case StateKind::kUnknown:
    case StateKind::kValue:
    case StateKind::kTimers:
      break;
  }
  return std::nullopt;
}

const Schema& rows_of(StateKind kind, const Schema& value) {
  const auto part = part_in_rows(kind);
  return part && *part < value.parts.size() ? value.parts[*part].schema : value;
}

bool is_expiring(const Schema& rows) { return rows.kind == Schema::Kind::kStruct && rows.type == kExpiringName; }

}  // namespace

bool is_expiring(const KeyedStateInfo& state) { return is_expiring(rows_of(state.kind, state.value)); }

bool timers_lie_by_key(const KeyedStateInfo& stored, StateKind kind) {
  const bool timers = stored.kind == StateKind::kTimers || stored.kind == StateKind::kUnknown;
  return kind == StateKind::kTimers && timers && stored.sliced == Sliced::kNo;
}

StateFate fate_of(const KeyedStateInfo& stored, const StateDeclaration& declared) {
  const bool by_key = timers_lie_by_key(stored, declared.kind);
  if (stored.sliced != declared.sliced && !by_key)
    return refused(fmt::format("the checkpoint has it {} slices of time, the job {}", slices(stored.sliced),
                               slices(declared.sliced)));
  if (stored.kind != StateKind::kUnknown && stored.kind != declared.kind)
    return refused(
        fmt::format("it is {} in the checkpoint and {} in the job", to_string(stored.kind), to_string(declared.kind)));
  if (stored.key != declared.key)
    return refused(fmt::format("the keys in the checkpoint have another schema, and keys cannot change:\n{}",
                               difference(stored.key, declared.key)));
  if (is_expiring(stored) && !is_expiring(rows_of(declared.kind, declared.value.schema)))
    return refused("its entries have a time to live in the checkpoint and none in the job: keep one, however long");
  const Evolution evolution(stored.value, declared.value);
  switch (evolution.compatibility()) {
    case Evolution::Compatibility::kAsIs:
      if (by_key) return {StateFate::Kind::kMigrated, {"its rows lay by key, and lie by time"}, {}};
      return {};
    case Evolution::Compatibility::kMigrated:
      return {StateFate::Kind::kMigrated, evolution.changes(), {}};
    case Evolution::Compatibility::kRefused:
      break;
  }
  return refused(explain_refusal(evolution, stored.value, declared.value.schema));
}

Evolution evolution_of_rows(const KeyedStateInfo& stored, const StateDeclaration& declared) {
  const auto part = part_in_rows(declared.kind);
  if (!part) return {stored.value, declared.value};
  return {stored.value.parts.at(*part).schema, declared.value.parts.at(*part)};
}

}  // namespace weir::state
