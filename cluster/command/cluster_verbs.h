#pragma once

#include <functional>
#include <string>

#include "weir/host/real_host.h"

#include "cluster_command.h"
#include "job_command.h"

namespace CLI {
class App;
}

namespace weir::cluster {

using Action = std::function<ExitStatus(host::RealHost&)>;

/// What the command line of the verbs about clusters and their jobs says.
struct VerbArguments {
  ClusterStartArguments start;
  TaskManagerArguments task_manager;
  RunArguments run;
  std::string id;
  std::string directory;
  std::string from;
  bool json = false;
  bool running = false;
  bool all = false;
  bool out = false;
};

/// Adds `cluster`, `jobmanager`, `taskmanager`, `run`, `list`, `cancel`, `stop`, `savepoint`, `info`,
/// `plan` and `logs`.
/// `arguments` and `action` are set when the command line is parsed.
void add_cluster_verbs(CLI::App& app, VerbArguments& arguments, Action& action);

}  // namespace weir::cluster
