#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <string>
#include <vector>

#include "weir/core/graph.h"
#include "weir/core/host.h"
#include "weir/runtime/attempt.h"
#include "weir/runtime/job_options.h"
#include "weir/runtime/job_status.h"

namespace weir::runtime {

/// What a job remembers of itself for those who ask: the states it was in, what went wrong, and what the attempts that
/// are over had counted. Thread: control loop.
class JobReport {
 public:
  /// Requires: `host`, `graph` and `plan` outlive it.
  JobReport(Host& host, const Graph& graph, const Plan& plan, const JobOptions& options);

  /// The job came into a state; nothing if it is in it.
  void enter(JobState state);
  JobState state() const { return status_.state; }

  /// Something ended an attempt, or the job. The same error again says nothing new.
  void failed(const std::string& where, const std::exception_ptr& error);

  void restarted() { ++status_.restarts; }

  void attempt_begins(AttemptId attempt) { attempt_ = attempt; }
  /// Before `attempt` is destroyed. `rest`: what becomes of tasks that have neither ended nor failed.
  void attempt_ends(const Attempt& attempt, TaskState rest);

  /// Now. `attempt`: the one that runs, or null.
  JobStatus status(const Attempt* attempt) const;

 private:
  /// What all attempts came to, with the one at hand.
  std::vector<std::vector<SubtaskStatus>> subtasks(const Attempt& attempt) const;

  Host& host_;
  JobStatus status_;  ///< without subtasks and checkpoints
  std::exception_ptr last_error_;
  AttemptId attempt_{};
  std::vector<std::vector<SubtaskStatus>> ended_;  ///< by vertex and subtask: sums over the attempts that are over
};

}  // namespace weir::runtime
