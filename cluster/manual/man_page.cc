#include "man_page.h"

#include <string_view>

#include <fmt/format.h>

namespace weir::cluster {
namespace {

/// Text in which nothing is a request or an escape of roff.
std::string plain(std::string_view text) {
  std::string result;
  bool begins_line = true;
  for (const char c : text) {
    if (begins_line && (c == '.' || c == '\'')) result += "\\&";
    begins_line = c == '\n';
    if (c == '\\') {
      result += "\\e";
    } else if (c == '-') {
      result += "\\-";
    } else {
      result += c;
    }
  }
  return result;
}

std::string bold(std::string_view text) { return "\\fB" + plain(text) + "\\fR"; }
std::string italic(std::string_view text) { return "\\fI" + plain(text) + "\\fR"; }

/// What stands as it is.
std::string example(std::string_view text) {
  return text.empty() ? "" : fmt::format(".PP\n.EX\n{}\n.EE\n", plain(text));
}

/// "list -m HOST:PORT" without its options.
std::string usage(const CommandText& command) {
  std::string text = bold("weir " + command.path);
  if (!command.options.empty()) text += " [" + italic("OPTIONS") + "]";
  for (const OptionText& positional : command.positionals)
    text += positional.required ? " " + italic(positional.value) : " [" + italic(positional.value) + "]";
  if (command.takes_job) text += " " + italic("JOB") + " [" + italic("ARGUMENT") + "...]";
  return text;
}

std::string entry(const OptionText& option, bool positional) {
  std::string names;
  for (const std::string& name : option.names) {
    if (!names.empty()) names += ", ";
    names += positional ? italic(name) : bold(name);
  }
  if (!positional && !option.value.empty()) names += " " + italic(option.value);
  std::string about = option.about;
  if (option.repeats) about += "; can be repeated";
  if (!option.range.empty()) about += fmt::format("; {}", option.range);
  if (!option.initial.empty()) about += fmt::format(" (default: {})", option.initial);
  if (!option.variable.empty()) about += fmt::format("; variable {}", option.variable);
  return fmt::format(".TP\n{}\n{}\n", names, plain(about));
}

std::string verb(const CommandText& command) {
  std::string text = fmt::format(".SS {}\n{}\n", usage(command), plain(command.about + "."));
  for (const OptionText& positional : command.positionals) text += entry(positional, true);
  for (const OptionText& option : command.options) {
    if (option.names.back() != "--help") text += entry(option, false);
  }
  return text;
}

bool is_group(const CommandText& command) { return !command.verbs.empty(); }

std::string usages(const std::vector<CommandText>& commands) {
  std::string text;
  for (const CommandText& command : commands)
    if (!is_group(command)) text += usage(command) + "\n.br\n";
  return text;
}

std::string verbs(const std::vector<CommandText>& commands) {
  std::string text;
  std::string notes;  // of the group that we are in: a verb that says the same says nothing
  for (const CommandText& command : commands) {
    if (!is_group(command)) {
      text += verb(command);
      if (command.footer != notes) text += example(command.footer);
      continue;
    }
    notes = command.footer;
    if (command.path.empty() || notes.empty()) continue;
    text += fmt::format(".SS {}\n{}\n", bold("weir " + command.path), plain(command.about + "."));
    text += example(notes);
  }
  return text;
}

}  // namespace

std::string man_page(std::string page, const std::vector<CommandText>& commands, const std::string& version) {
  fill(page, "@VERSION@", version);
  fill(page, "@USAGE@", usages(commands));
  fill(page, "@COMMANDS@", verbs(commands));
  return page;
}

}  // namespace weir::cluster
