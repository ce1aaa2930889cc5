#include "command_text.h"

#include <string_view>

#include <CLI/CLI.hpp>

#include "weir/core/check.h"

namespace weir::cluster {
namespace {

/// What CLI11 makes of a check: "N:INT in [1 - 100]".
void split_range(OptionText& option) {
  constexpr std::string_view kRange = ":INT in [";
  const auto at = option.value.find(kRange);
  if (at == std::string::npos) return;
  option.range = option.value.substr(at + kRange.size());
  option.range.pop_back();
  if (const auto dash = option.range.find(" - "); dash != std::string::npos) option.range.replace(dash, 3, " to ");
  option.value.resize(at);
}

OptionText text_of(const CLI::Option& option) {
  OptionText text;
  text.about = option.get_description();
  text.initial = option.get_default_str();
  text.variable = option.get_envname();
  text.required = option.get_required();
  text.repeats = option.get_items_expected_max() > 1;
  if (option.get_positional()) {
    text.value = option.get_name(true);
    text.names = {text.value};
    return text;
  }
  for (const std::string& name : option.get_snames()) text.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) text.names.push_back("--" + name);
  if (option.get_items_expected_max() > 0) text.value = option.get_type_name();
  split_range(text);
  return text;
}

void split_footer(CommandText& text, const std::string& footer) {
  constexpr std::string_view kStatus = "Exit status:";
  const auto at = footer.find(kStatus);
  text.footer = footer.substr(0, at);
  while (text.footer.ends_with('\n')) text.footer.pop_back();
  if (at != std::string::npos) text.status = footer.substr(at + kStatus.size());
}

void add(std::vector<CommandText>& texts, const CLI::App& app, const std::string& path) {
  CommandText text;
  text.path = path;
  text.about = app.get_description();
  text.takes_job = app.get_prefix_command();
  split_footer(text, app.get_footer());
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    (option->get_positional() ? text.positionals : text.options).push_back(text_of(*option));
  }
  const auto all = [](const CLI::App*) { return true; };
  for (const CLI::App* verb : app.get_subcommands(all)) text.verbs.push_back(verb->get_name());
  texts.push_back(std::move(text));
  for (const CLI::App* verb : app.get_subcommands(all))
    add(texts, *verb, path.empty() ? verb->get_name() : path + " " + verb->get_name());
}

}  // namespace

std::vector<CommandText> command_texts(const CLI::App& app) {
  std::vector<CommandText> texts;
  add(texts, app, "");
  return texts;
}

void fill(std::string& frame, const std::string& mark, const std::string& text) {
  const auto at = frame.find(mark);
  WEIR_CHECK(at != std::string::npos && frame.find(mark, at + 1) == std::string::npos);
  frame.replace(at, mark.size(), text);
}

}  // namespace weir::cluster
