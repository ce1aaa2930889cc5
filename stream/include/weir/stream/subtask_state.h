#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/core/snapshot.h"

// State of a subtask as a whole, beside that of keys: list state and broadcast state. It lives in memory and goes into
// a checkpoint's manifest, as a whole at every barrier.

namespace weir::detail {

/// One subtask among those of its operator.
struct SubtaskPlace {
  std::uint32_t subtask = 0;
  std::uint32_t parallelism = 1;
};

/// One such state under its name. Thread: task thread only.
class SubtaskState {
 public:
  virtual ~SubtaskState() = default;

  /// "list state: pending": kind and name.
  virtual std::string title() const = 0;

  virtual void save(SavedValues& values) const = 0;

  /// `before`: what save() wrote in every subtask of then, in their order; what is not there was empty. While the
  /// parallelism stays and needs_all() is not so, it may be this subtask's alone, with `now` 0 of 1.
  /// Errors: UserError with both schemas; CorruptionError.
  virtual void restore(const std::vector<SavedValues>& before, SubtaskPlace now) = 0;

  /// Each subtask takes what all had saved, at the same parallelism too.
  virtual bool needs_all() const { return false; }
};

/// The states of one subtask of an operator. Borrows them. Thread: task thread only.
class SubtaskStates {
 public:
  /// Requires: `state` lives as long as this.
  void add(SubtaskState& state) { states_.push_back(&state); }

  void save(SavedValues& values) const;

  /// Errors: UserError that names `op`, for a state with another schema, and for one that the function has not any
  /// more; CorruptionError.
  void restore(const std::vector<SavedValues>& before, SubtaskPlace now, std::string_view op);

  /// Whether one needs what all subtasks had saved.
  bool needs_all() const;

 private:
  void refuse_unknown(const SavedValues& values, std::string_view op) const;

  std::vector<SubtaskState*> states_;
};

/// Whether a saved value is that of a SubtaskState.
bool is_subtask_state(std::string_view title);

inline constexpr std::string_view kListState = "list state: ";
inline constexpr std::string_view kUnionListState = "union list state: ";
inline constexpr std::string_view kBroadcastState = "broadcast state: ";

}  // namespace weir::detail
