#include "weir/stream/help_text.h"

#include <algorithm>

#include <fmt/format.h>

namespace weir::detail {

namespace {

constexpr std::size_t kWidth = 80;

/// Breaks `text` at blanks; every line but the first is indented. `column` is where the first begins.
std::string wrap(std::string_view text, std::size_t column, std::size_t indent) {
  std::string wrapped;
  bool begins = true;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    if (!begins && column + 1 + word.size() > kWidth) {
      wrapped += fmt::format("\n{:{}}", "", indent);
      column = indent;
      begins = true;
    }
    wrapped += begins ? "" : " ";
    wrapped += word;
    column += word.size() + (begins ? 0 : 1);
    begins = false;
  }
  return wrapped;
}

/// A flag and what it means, which begins in its own line when the flag is long.
std::string entry(std::string_view flag, std::string_view meaning) {
  constexpr std::size_t kIndent = 2;
  constexpr std::size_t kColumn = 30;
  std::string text = fmt::format("{:{}}{}", "", kIndent, flag);
  if (meaning.empty()) return text + '\n';
  text += text.size() + 2 > kColumn ? fmt::format("\n{:{}}", "", kColumn) : std::string(kColumn - text.size(), ' ');
  return text + wrap(meaning, kColumn, kColumn) + '\n';
}

std::string flag_of(const Arguments::Known& argument) {
  return fmt::format("--{}{}{}", argument.name, argument.placeholder.empty() ? "" : " ", argument.placeholder);
}

std::string joined(const std::string& help, const std::string& note) {
  if (note.empty()) return help;
  return fmt::format("{}{}({})", help, help.empty() ? "" : " ", note);
}

std::string entry_of(const Arguments::Known& argument) {
  switch (argument.kind) {
    case Arguments::Kind::kRequired:
      return entry(flag_of(argument), joined(argument.help, "required"));
    case Arguments::Kind::kDefault:
      return entry(flag_of(argument),
                   joined(argument.help,
                          fmt::format("default: {}", argument.default_text.empty() ? "empty" : argument.default_text)));
    case Arguments::Kind::kOptional:
    case Arguments::Kind::kFlag:
      break;
  }
  return entry(flag_of(argument), argument.help);
}

std::string usage(std::string_view program, const std::vector<Arguments::Known>& arguments) {
  std::string words;
  bool more = false;
  for (const Arguments::Known& argument : arguments) {
    if (argument.kind == Arguments::Kind::kRequired)
      words += " " + flag_of(argument);
    else
      more = true;
  }
  if (more) words += " [arguments]";
  return wrap(fmt::format("Usage: {}{} [--weir.<option> value]...", program, words), 0, 2) + '\n';
}

std::string entry_of(const ConfigurationOption& option, const Configuration& defaults) {
  const std::string shown = option.show(defaults);
  return entry(fmt::format("--weir.{} {}", option.key, option.placeholder),
               joined(option.meaning, shown.empty() ? "" : fmt::format("default: {}", shown)));
}

constexpr std::string_view kSources = R"(
Options can also stand in weir.yaml, nested or with dots, and in variables:
  restart:
    max-delay: 10s    or  restart.max-delay: 10s  or  WEIR_RESTART_MAX_DELAY=10s
Flags win over the file, the file over variables, variables over defaults.
)";

constexpr std::string_view kForms = R"(
Arguments are written --name value, --name=value or --flag. Durations are
written 200ms, 10s, 2m or 1h; a bare number is in milliseconds.

Exit status: 0 the job finished, 1 it failed, 2 wrong usage,
             3 cancelled on its page or by REST,
             130 stopped by SIGINT (Ctrl-C), 143 stopped by SIGTERM,
             129 by SIGHUP.
)";

}  // namespace

std::string help_text(std::string_view program, std::string_view job, const std::vector<Arguments::Known>& arguments,
                      const Configuration& defaults) {
  std::string text = fmt::format("{}\n\n{}", job, usage(program, arguments));
  if (!arguments.empty()) text += "\nArguments of the job:\n";
  for (const Arguments::Known& argument : arguments) text += entry_of(argument);
  text += "\nOptions of the engine:\n";
  for (const ConfigurationOption& option : configuration_options()) text += entry_of(option, defaults);
  text += entry("--help, -h", "show this text");
  text += kSources;
  text += kForms;
  return text;
}

}  // namespace weir::detail
