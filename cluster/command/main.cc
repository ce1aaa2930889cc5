// The command `weir`.

#include <exception>
#include <functional>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "weir/core/error.h"
#include "weir/host/real_host.h"

#include "checkpoint_command.h"
#include "exit_status.h"

namespace weir::cluster {
namespace {

using Action = std::function<ExitStatus(Host&)>;

constexpr const char* kStatuses =
    "Exit status:\n"
    "  0  fine\n"
    "  1  damage was found, or something could not be read\n"
    "  2  wrong arguments\n";

struct CheckpointArguments {
  std::string directory;
  bool json = false;

  OutputFormat format() const { return json ? OutputFormat::kJson : OutputFormat::kText; }
};

/// `arguments` and `action` are set when the command line is parsed.
void add_checkpoint_command(CLI::App& app, CheckpointArguments& arguments, Action& action) {
  CLI::App& group = *app.add_subcommand("checkpoint", "Looks into a checkpoint directory, without its job");
  group.require_subcommand(1);
  group.footer(kStatuses);
  const auto add = [&](const std::string& name, const std::string& about, auto run) {
    CLI::App& command = *group.add_subcommand(name, about);
    command.footer(kStatuses);
    command.add_option("DIR", arguments.directory, "a checkpoint directory, or the directory of one job in it")
        ->required();
    command.add_flag("--json", arguments.json, "prints JSON");
    command.callback([&arguments, &action, run] {
      action = [&arguments, run](Host& host) { return run(host, arguments.directory, arguments.format()); };
    });
  };
  add("ls", "Lists the completed checkpoints", list_checkpoints);
  add("verify", "Compares every byte of every file that they need with its checksum", verify_checkpoints);
}

int run(int argc, char** argv) {
  CLI::App app("Works on what Weir's jobs leave on disk.", "weir");
  app.set_version_flag("--version", "weir " WEIR_VERSION);
  app.require_subcommand(1);
  app.footer(kStatuses);
  CheckpointArguments checkpoint;
  Action action;
  add_checkpoint_command(app, checkpoint, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? static_cast<int>(ExitStatus::kFine) : static_cast<int>(ExitStatus::kUsage);
  }
  try {
    host::RealHost host;
    return static_cast<int>(action(host));
  } catch (const UsageError& error) {
    fmt::print(stderr, "weir: {}\n", error.what());
    return static_cast<int>(ExitStatus::kUsage);
  } catch (const std::exception& error) {
    fmt::print(stderr, "weir: {}\n", error.what());
    return static_cast<int>(ExitStatus::kProblem);
  }
}

}  // namespace
}  // namespace weir::cluster

int main(int argc, char** argv) { return weir::cluster::run(argc, argv); }
