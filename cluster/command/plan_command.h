#pragma once

#include <string>

#include "weir/host/real_host.h"

#include "checkpoint_command.h"
#include "exit_status.h"
#include "job_command.h"

namespace weir::cluster {

/// `weir plan`.
struct PlanRequest {
  RunArguments run;  ///< the job; `allow_non_restored_state`: dropping is fine
  std::string from;  ///< as choose_checkpoint() reads it
  OutputFormat format = OutputFormat::kText;
};

/// Says what would become of a checkpoint in a job: runs and changes nothing. Prints, and blocks.
/// kProblem: the job could not go on from it; kDropped: only with state that is dropped, and that is not allowed.
/// Errors: as choose_checkpoint() and plan_here(); CorruptionError naming a state file that is missing.
ExitStatus plan_from_checkpoint(host::RealHost& host, const PlanRequest& request);

}  // namespace weir::cluster
