#pragma once

#include <string>
#include <utility>
#include <vector>

#include "weir/cluster/program_plan.h"
#include "weir/host/real_host.h"

#include "job_command.h"

namespace weir::cluster {

/// The options that a command gives the engine, by their keys. Errors: UsageError for -D without key or value.
std::vector<std::pair<std::string, std::string>> options_of(const RunArguments& arguments);

/// Asks the job's program on this machine, with `variables` in its environment, what it would run. Blocks.
/// Errors: UserError when there is no such program; ProgramPlanner's.
ProgramPlan plan_here(host::RealHost& host, const RunArguments& arguments, const Variables& variables = {});

}  // namespace weir::cluster
