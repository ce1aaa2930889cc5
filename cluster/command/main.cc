// The command `weir`.

#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "weir/core/error.h"
#include "weir/host/real_host.h"

#include "checkpoint_command.h"
#include "cluster_verbs.h"
#include "exit_status.h"
#include "gc_command.h"
#include "inspect_command.h"
#include "state_command.h"

namespace weir::cluster {
namespace {

constexpr const char* kStatuses =
    "Exit status:\n"
    "  0  fine\n"
    "  1  damage was found, or something could not be read\n"
    "  2  wrong arguments\n";

constexpr const char* kAllStatuses = "Exit status: 0 fine, 1 it did not work, 2 wrong arguments\n";

constexpr const char* kDifferenceStatuses =
    "Exit status:\n"
    "  0  they are equal\n"
    "  1  they differ, or something could not be read\n"
    "  2  wrong arguments\n";

constexpr const char* kWhichCheckpoint =
    "a checkpoint: DIR, DIR@N or DIR@GENERATION.N; without a number the newest of the job";

struct CheckpointArguments {
  std::string directory;
  std::string other;
  std::string state;
  std::optional<std::string> key;
  std::string scratch = "/tmp";
  bool dry_run = false;
  bool json = false;

  OutputFormat format() const { return json ? OutputFormat::kJson : OutputFormat::kText; }
};

void add_state_commands(CLI::App& group, CheckpointArguments& arguments, Action& action) {
  const auto add = [&](const std::string& name, const std::string& about, const char* footer, auto run) -> CLI::App& {
    CLI::App& command = *group.add_subcommand(name, about);
    command.footer(footer);
    command.add_flag("--json", arguments.json, "prints JSON, for entries an object a line");
    command.callback([&action, run] { action = run; });
    return command;
  };
  const auto add_state = [&](CLI::App& command) {
    command.add_option("--state", arguments.state, "only this one: OPERATOR, STATE or OPERATOR/STATE");
    command.add_option("--scratch", arguments.scratch, "where state files are linked or copied to meanwhile")
        ->capture_default_str();
  };
  add("inspect", "Shows what a checkpoint holds, operator by operator", kStatuses,
      [&arguments](Host& host) { return inspect_checkpoint(host, arguments.directory, arguments.format()); })
      .add_option("CHECKPOINT", arguments.directory, kWhichCheckpoint)
      ->required();

  CLI::App& cat = add("cat", "Prints the entries of keyed state", kStatuses, [&arguments](Host& host) {
    return print_state(host,
                       {arguments.directory, arguments.state, arguments.key, arguments.format(), arguments.scratch});
  });
  cat.add_option("CHECKPOINT", arguments.directory, kWhichCheckpoint)->required();
  add_state(cat);
  cat.add_option("--key", arguments.key, "only entries of this key: a text, or JSON as it is printed");

  CLI::App& diff = add("diff", "Prints the entries of keyed state in which two checkpoints differ", kDifferenceStatuses,
                       [&arguments](Host& host) {
                         return print_difference(host, {arguments.directory, arguments.other, arguments.state,
                                                        arguments.format(), arguments.scratch});
                       });
  diff.add_option("FIRST", arguments.directory, kWhichCheckpoint)->required();
  diff.add_option("SECOND", arguments.other, "another one")->required();
  add_state(diff);

  CLI::App& gc =
      add("gc", "Removes what no completed checkpoint needs; no process may run the jobs", kStatuses,
          [&arguments](Host& host) {
            return collect_garbage(host, arguments.directory, arguments.dry_run ? GcMode::kDryRun : GcMode::kRemove,
                                   arguments.format());
          });
  gc.add_option("DIR", arguments.directory, "a checkpoint directory, or the directory of one job in it")->required();
  gc.add_flag("--dry-run", arguments.dry_run, "shows what would be removed, and removes nothing");
}

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
  add_state_commands(group, arguments, action);
}

/// What to say where a command has to follow, and something else or nothing does. Empty: that is not the error.
std::string missing_command(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() != static_cast<int>(CLI::ExitCodes::RequiredError)) return "";
  const CLI::App* group = &app;
  std::string path = app.get_name();
  while (!group->get_subcommands().empty()) {
    group = group->get_subcommands().front();
    path += " " + group->get_name();
  }
  std::vector<std::string> names;
  for (const CLI::App* command : group->get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  if (names.empty()) return "";
  const std::vector<std::string> unknown = app.remaining(true);
  const std::string problem = unknown.empty() ? fmt::format("a command is missing behind '{}'", path)
                                              : fmt::format("there is no command '{} {}'", path, unknown.front());
  return fmt::format("{}; there are {}\nRun '{} --help' for what they do.", problem, fmt::join(names, ", "), path);
}

int run(int argc, char** argv) {
  CLI::App app("Runs Weir's jobs on a cluster, and looks into what they leave on disk.", "weir");
  app.set_version_flag("--version", "weir " WEIR_VERSION);
  app.require_subcommand(1);
  app.footer(kAllStatuses);
  CheckpointArguments checkpoint;
  Action action;
  VerbArguments verbs;
  add_cluster_verbs(app, verbs, action);
  add_checkpoint_command(app, checkpoint, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (const std::string missing = missing_command(app, error); !missing.empty()) {
      fmt::print(stderr, "weir: {}\n", missing);
      return static_cast<int>(ExitStatus::kUsage);
    }
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
