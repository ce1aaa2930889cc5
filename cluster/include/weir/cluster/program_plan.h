#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/cluster/messages.h"
#include "weir/core/time.h"
#include "weir/runtime/job_status.h"
#include "weir/runtime/restore_plan.h"

namespace weir::cluster {

/// What a program says it would run: the job as it is before it has begun.
struct ProgramPlan {
  runtime::JobStatus status;
  std::uint64_t fingerprint = 0;                               ///< Graph::fingerprint()
  std::string text;                                            ///< the graph in a line
  std::vector<std::string> warnings;                           ///< what a failure can lose or repeat
  std::optional<runtime::RestorePlan> restore = std::nullopt;  ///< if it was asked what would become of a checkpoint
};

/// As one frame's bytes.
std::string encode_plan(const ProgramPlan& plan);
/// Errors: ExternalError for bytes that are none; UserError when another build of Weir encoded it.
ProgramPlan decode_plan(std::string_view bytes);

/// The slots that the job takes: its greatest parallelism.
std::uint32_t slots_of(const ProgramPlan& plan);

/// How a program that was asked for its plan ended.
struct PlanOutcome {
  std::string ending;                ///< "exited with status 2"
  int status = 0;                    ///< if it exited
  bool crashed = false;              ///< a signal ended it
  std::optional<Duration> time_out;  ///< it was killed after so long
  std::string link;                  ///< bytes that came from it: a frame
  std::string said;                  ///< on its standard error
};

/// The plan. Errors: UsageError with the program's own words when it refuses its arguments; UserError that says what is
/// wrong with the program.
ProgramPlan judge_plan(const std::string& program, const PlanOutcome& outcome);

/// A job's program, and what it is started with.
struct ProgramCommand {
  std::string program;
  std::vector<std::string> arguments;
  std::string directory;  ///< it works in
  Variables variables;    ///< of its environment
};

/// Asks programs for their plans.
class ProgramPlanner {
 public:
  using Planned = std::function<void(ProgramPlan, std::exception_ptr)>;

  virtual ~ProgramPlanner() = default;

  /// Calls `done` once, later, on the control loop. Errors, by `done`: UserError with what the program said.
  virtual void plan(const ProgramCommand& command, Planned done) = 0;
};

}  // namespace weir::cluster
