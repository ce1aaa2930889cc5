#pragma once

namespace weir {

/// What an operator is besides whose subtasks do not each take back what they saved themselves.
class RestoresFromAll {
 public:
  virtual ~RestoresFromAll() = default;

  /// Whether Operator::restore_rescaled() is called in the place of restore(), at the same parallelism too. Asked after
  /// open(), on the task's thread.
  virtual bool restores_from_all() const = 0;
};

}  // namespace weir
