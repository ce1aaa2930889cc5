#include "bash_completion.h"

#include <string_view>

#include <fmt/format.h>

namespace weir::cluster {
namespace {

std::string joined(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, " ")); }

std::string verb(const CommandText& command) {
  std::vector<std::string> options;
  for (const OptionText& option : command.options)
    options.insert(options.end(), option.names.begin(), option.names.end());
  std::vector<std::string> operands;
  for (const OptionText& positional : command.positionals) operands.push_back(positional.value);
  return fmt::format("    '{}') verbs='{}' options='{}' operands='{}' job='{}' ;;\n", command.path,
                     joined(command.verbs), joined(options), joined(operands), command.takes_job ? "yes" : "");
}

std::string values(const CommandText& command) {
  std::string lines;
  for (const OptionText& option : command.options) {
    if (option.value.empty()) continue;
    std::vector<std::string> patterns;
    for (const std::string& name : option.names) patterns.push_back(fmt::format("'{} {}'", command.path, name));
    lines += fmt::format("    {}) echo '{}' ;;\n", fmt::join(patterns, " | "), option.value);
  }
  return lines;
}

}  // namespace

std::string bash_completion(std::string script, const std::vector<CommandText>& commands) {
  std::string all_verbs;
  std::string all_values;
  for (const CommandText& command : commands) {
    all_verbs += verb(command);
    all_values += values(command);
  }
  fill(script, "@WRITTEN@", "Written from its verbs and options; do not edit.");
  fill(script, "@VERBS@", all_verbs);
  fill(script, "@VALUES@", all_values);
  return script;
}

}  // namespace weir::cluster
