#pragma once

#include <functional>
#include <string>

namespace weir {

class Environment;

/// Builds a job's graph. May be called many times in a process.
using JobFunction = std::function<void(Environment&)>;

/// The main function of a job: reads its command line and configuration, builds the job, runs it in this process with
/// all of the engine, and says on standard error how it gets on. `--help` lists arguments and options.
///
/// Returns the exit status: 0 finished, 1 failed, 2 wrong usage, 128 + signal when SIGINT, SIGTERM or SIGHUP stopped
/// the job. Errors: none; what is thrown is printed.
int run(int argc, char** argv, std::string name, JobFunction job);

}  // namespace weir
