#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/core/snapshot.h"
#include "weir/core/subtask_values.h"

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

  /// Of what it saves.
  virtual ValueType type() const = 0;

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

  /// What the function does not keep any more is left out. Errors: UserError that names `op`, for a state whose values
  /// cannot be brought up to date; CorruptionError.
  void restore(const std::vector<SavedValues>& before, SubtaskPlace now, std::string_view op);

  /// Whether one needs what all subtasks had saved.
  bool needs_all() const;

  std::vector<DeclaredValue> declared() const;

 private:
  std::vector<SubtaskState*> states_;
};

}  // namespace weir::detail
