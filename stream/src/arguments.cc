#include "weir/stream/arguments.h"

#include <algorithm>

#include <fmt/format.h>

#include "weir/core/error.h"

#include "nearest.h"

namespace weir {

Arguments::Arguments(std::vector<std::string> words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    const auto equals = word.find('=');
    const std::string_view name = word.starts_with("--") ? word.substr(0, equals).substr(2) : "";
    if (name.empty())
      throw UsageError(
          fmt::format("'{}' is no argument: arguments are written --name value, --name=value or --flag", word));
    Given given{std::string(name), std::nullopt};
    if (equals != std::string_view::npos) {
      given.value = word.substr(equals + 1);
    } else if (i + 1 < words.size() && !words[i + 1].starts_with("--")) {
      given.value = words[++i];
    }
    if (find(given.name) != nullptr) throw UsageError(fmt::format("--{} is given twice: leave one out", given.name));
    given_.push_back(std::move(given));
  }
}

Arguments Arguments::for_help() {
  Arguments arguments{std::vector<std::string>()};
  arguments.for_help_ = true;
  return arguments;
}

const Arguments::Given* Arguments::find(std::string_view name) const {
  const auto found = std::find_if(given_.begin(), given_.end(), [&](const Given& given) { return given.name == name; });
  return found == given_.end() ? nullptr : &*found;
}

void Arguments::note(Known known) {
  const auto same = [&](const Known& other) { return other.name == known.name; };
  if (std::none_of(known_.begin(), known_.end(), same)) known_.push_back(std::move(known));
}

void Arguments::check_known(const std::vector<Known>& known) const {
  std::vector<std::string> names;
  for (const Known& argument : known) names.push_back(argument.name);
  for (const Given& given : given_) {
    if (std::find(names.begin(), names.end(), given.name) != names.end()) continue;
    if (names.empty())
      throw UsageError(fmt::format(
          "unknown argument --{}: this job takes none (options of the engine start with --weir.)", given.name));
    std::string advice = detail::did_you_mean(given.name, names, "--");
    if (advice.empty()) advice = fmt::format(": this job knows --{}", fmt::join(names, ", --"));
    throw UsageError(fmt::format("unknown argument --{}{}", given.name, advice));
  }
}

void Arguments::throw_missing(std::string_view name, const std::string& expected) {
  throw UsageError(fmt::format("--{} is missing: it needs {}", name, expected));
}

void Arguments::throw_without_value(std::string_view name, const std::string& expected) {
  throw UsageError(fmt::format("--{} has no value: it needs {}", name, expected));
}

void Arguments::throw_wrong(std::string_view name, const std::string& problem) {
  throw UsageError(fmt::format("--{}: {}", name, problem));
}

}  // namespace weir
