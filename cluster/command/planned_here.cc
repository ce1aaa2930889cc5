#include "planned_here.h"

#include <exception>
#include <future>

#include <fmt/format.h>

#include "weir/core/error.h"
#include "weir/host/daemon.h"

#include "process_planner.h"

namespace weir::cluster {

std::vector<std::pair<std::string, std::string>> options_of(const RunArguments& arguments) {
  std::vector<std::pair<std::string, std::string>> options;
  for (const std::string& option : arguments.options) {
    const auto equals = option.find('=');
    if (equals == std::string::npos || equals == 0) throw UsageError(fmt::format("-D {}: write key=value", option));
    std::string key = option.substr(0, equals);
    if (key.starts_with("weir.")) key.erase(0, 5);
    options.emplace_back(std::move(key), option.substr(equals + 1));
  }
  if (arguments.parallelism != 0) options.emplace_back("parallelism", std::to_string(arguments.parallelism));
  if (arguments.claim) options.emplace_back("claim-mode", "claim");
  return options;
}

ProgramPlan plan_here(host::RealHost& host, const RunArguments& arguments, const Variables& variables) {
  ProgramCommand command;
  command.program = host::absolute_path(arguments.job.front());
  if (!host.files().exists(command.program)) throw UserError(fmt::format("there is no program {}", command.program));
  command.arguments = {arguments.job.begin() + 1, arguments.job.end()};
  for (const auto& [key, value] : options_of(arguments))
    command.arguments.push_back(fmt::format("--weir.{}={}", key, value));
  if (!arguments.savepoint.empty())
    command.arguments.push_back("--weir.from=" + host::absolute_path(arguments.savepoint));
  command.variables = variables;
  command.variables.emplace_back("WEIR_PARALLELISM", "1");
  ProcessPlanner planner(host, "");
  std::promise<ProgramPlan> planned;
  planner.plan(command, [&](ProgramPlan plan, std::exception_ptr error) {
    error ? planned.set_exception(std::move(error)) : planned.set_value(std::move(plan));
  });
  return planned.get_future().get();
}

}  // namespace weir::cluster
