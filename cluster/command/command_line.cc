#include "command_line.h"

#include <csignal>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "weir/core/error.h"
#include "weir/host/closed_output.h"
#include "weir/host/real_host.h"

#include "checkpoint_command.h"
#include "cluster_verbs.h"
#include "copy_command.h"
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
    command.add_option("--state", arguments.state, "only this one: OPERATOR, STATE or OPERATOR/STATE")
        ->type_name("NAME");
    command.add_option("--scratch", arguments.scratch, "where state files are linked or copied to meanwhile")
        ->type_name("DIR")
        ->capture_default_str();
  };
  add("inspect", "Shows what a checkpoint holds, operator by operator", kStatuses,
      [&arguments](Host& host) { return inspect_checkpoint(host, arguments.directory, arguments.format()); })
      .add_option("CHECKPOINT", arguments.directory, kWhichCheckpoint)
      ->required()
      ->type_name("");

  CLI::App& cat = add("cat", "Prints the entries of keyed state", kStatuses, [&arguments](Host& host) {
    return print_state(host,
                       {arguments.directory, arguments.state, arguments.key, arguments.format(), arguments.scratch});
  });
  cat.add_option("CHECKPOINT", arguments.directory, kWhichCheckpoint)->required()->type_name("");
  add_state(cat);
  cat.add_option("--key", arguments.key, "only entries of this key: a text, or JSON as it is printed")
      ->type_name("KEY");

  CLI::App& cp =
      add("cp", "Copies a checkpoint into a new directory that stands on its own", kStatuses, [&arguments](Host& host) {
        return copy_checkpoint(host, arguments.directory, arguments.other, arguments.format());
      });
  cp.add_option("SRC", arguments.directory, kWhichCheckpoint)->required()->type_name("");
  cp.add_option("DST", arguments.other, "the new directory; what exists is not overwritten")->required()->type_name("");

  CLI::App& diff = add("diff", "Prints the entries of keyed state in which two checkpoints differ", kDifferenceStatuses,
                       [&arguments](Host& host) {
                         return print_difference(host, {arguments.directory, arguments.other, arguments.state,
                                                        arguments.format(), arguments.scratch});
                       });
  diff.add_option("FIRST", arguments.directory, kWhichCheckpoint)->required()->type_name("");
  diff.add_option("SECOND", arguments.other, "another one")->required()->type_name("");
  add_state(diff);

  CLI::App& gc =
      add("gc", "Removes what no completed checkpoint needs; no process may run the jobs", kStatuses,
          [&arguments](Host& host) {
            return collect_garbage(host, arguments.directory, arguments.dry_run ? GcMode::kDryRun : GcMode::kRemove,
                                   arguments.format());
          });
  gc.add_option("DIR", arguments.directory, "a checkpoint directory, or the directory of one job in it")
      ->required()
      ->type_name("");
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
        ->required()
        ->type_name("");
    command.add_flag("--json", arguments.json, "prints JSON");
    command.callback([&arguments, &action, run] {
      action = [&arguments, run](Host& host) { return run(host, arguments.directory, arguments.format()); };
    });
  };
  add("ls", "Lists the completed checkpoints", list_checkpoints);
  add("verify", "Compares every byte of every file that they need with its checksum", verify_checkpoints);
  add_state_commands(group, arguments, action);
}

/// The command that was named last, and how it is called.
std::pair<const CLI::App*, std::string> innermost(const CLI::App& app) {
  const CLI::App* group = &app;
  std::string path = app.get_name();
  while (!group->get_subcommands().empty()) {
    group = group->get_subcommands().front();
    path += " " + group->get_name();
  }
  return {group, path};
}

/// What to say where a command has to follow, and something else or nothing does. Empty: that is not the error.
std::string missing_command(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() != static_cast<int>(CLI::ExitCodes::RequiredError)) return "";
  const auto [group, path] = innermost(app);
  std::vector<std::string> names;
  for (const CLI::App* command : group->get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  if (names.empty()) return "";
  const std::vector<std::string> unknown = app.remaining(true);
  const std::string problem = unknown.empty() ? fmt::format("a command is missing behind '{}'", path)
                                              : fmt::format("there is no command '{} {}'", path, unknown.front());
  return fmt::format("{}; there are {}\nRun '{} --help' for what they do.", problem, fmt::join(names, ", "), path);
}

/// Shows as well what stands behind the options of commands that hand the rest to a job.
class UsageWithJob : public CLI::Formatter {
 public:
  std::string make_usage(const CLI::App* app, std::string name) const override {
    std::string usage = CLI::Formatter::make_usage(app, std::move(name));
    if (app->get_prefix_command()) usage.insert(usage.size() - 1, " JOB [ARGUMENT...]");
    return usage;
  }
};

}  // namespace

struct CommandLine::Parts {
  CLI::App app{"Runs Weir's jobs on a cluster, and looks into what they leave on disk.", "weir"};
  CheckpointArguments checkpoint;
  VerbArguments verbs;
  Action action;
};

CommandLine::CommandLine() : parts_(std::make_unique<Parts>()) {
  CLI::App& app = parts_->app;
  app.formatter(std::make_shared<UsageWithJob>());
  app.set_version_flag("--version", "weir " WEIR_VERSION);
  app.require_subcommand(1);
  app.footer(kAllStatuses);
  add_cluster_verbs(app, parts_->verbs, parts_->action);
  add_checkpoint_command(app, parts_->checkpoint, parts_->action);
}

CommandLine::~CommandLine() = default;

const CLI::App& CommandLine::app() const { return parts_->app; }

int CommandLine::run(int argc, char** argv) {
  // Where a shell sees a command that was ended by a closed pipe.
  constexpr int kClosedPipe = 128 + SIGPIPE;
  CLI::App& app = parts_->app;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (const std::string missing = missing_command(app, error); !missing.empty()) {
      fmt::print(stderr, "weir: {}\n", missing);
      return static_cast<int>(ExitStatus::kUsage);
    }
    // Not all of these are errors: --help is one.
    if (error.get_exit_code() == 0) return app.exit(error);
    fmt::print(stderr, "weir: {}\nRun '{} --help' for what it takes.\n", error.what(), innermost(app).second);
    return static_cast<int>(ExitStatus::kUsage);
  }
  try {
    host::RealHost host;
    return static_cast<int>(parts_->action(host));
  } catch (const host::ClosedOutput&) {
    // As `weir list | head` wants it: nobody reads, so there is nothing to say.
    return kClosedPipe;
  } catch (const UsageError& error) {
    fmt::print(stderr, "weir: {}\n", error.what());
    return static_cast<int>(ExitStatus::kUsage);
  } catch (const std::exception& error) {
    fmt::print(stderr, "weir: {}\n", error.what());
    return static_cast<int>(ExitStatus::kProblem);
  }
}

}  // namespace weir::cluster
