#include "weir/stream/configuration.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "weir/core/error.h"

#include "nearest.h"
#include "yaml_options.h"

namespace weir {

Configuration Configuration::for_cores(std::uint32_t cores) {
  Configuration configuration;
  configuration.parallelism = cores;
  configuration.workers = cores;
  return configuration;
}

runtime::JobOptions Configuration::to_job_options(
    std::string name, std::function<void(runtime::LogLevel, const std::string&)> log) const {
  runtime::JobOptions options;
  options.name = std::move(name);
  options.parallelism = parallelism;
  options.workers = workers;
  options.key_groups = key_groups;
  options.batch_size = batch_size;
  options.channel_batches = channel_batches;
  options.drain = drain;
  options.restart = restart;
  options.log = std::move(log);
  return options;
}

namespace detail {

namespace {

const ConfigurationOption* find_option(std::string_view key) {
  for (const ConfigurationOption& option : configuration_options())
    if (option.key == key) return &option;
  return nullptr;
}

/// `where` is how the source calls the option: "--weir.drain", "weir.yaml:3: drain", "WEIR_DRAIN".
void set_option(Configuration& target, const ConfigurationOption& option, const std::string& value,
                const std::string& where) {
  if (!option.set(target, value)) throw UsageError(fmt::format("{}: '{}' is not {}", where, value, option.allowed));
}

void apply_variables(const std::map<std::string, std::string>& variables, Configuration& target) {
  constexpr std::string_view kPrefix = "WEIR_";
  std::vector<std::string> names;  // without the prefix, as all that is compared
  for (const ConfigurationOption& option : configuration_options())
    names.push_back(variable_name(option.key).substr(kPrefix.size()));
  for (const auto& [variable, value] : variables) {
    if (variable == "WEIR_CRASH_AT" || variable == "WEIR_STOP_AT") continue;  // the host's, for tests
    const std::string name = variable.substr(kPrefix.size());
    const auto known = std::find(names.begin(), names.end(), name);
    if (known == names.end())
      throw UsageError(fmt::format("unknown environment variable {}{}", variable, did_you_mean(name, names, kPrefix)));
    set_option(target, configuration_options()[static_cast<std::size_t>(known - names.begin())], value, variable);
  }
}

void apply_file(const ConfigurationSources& sources, bool asked_for, const std::string& path, Configuration& target) {
  const auto text = sources.read_file(path);
  if (!text) {
    if (asked_for)
      throw UsageError(fmt::format("there is no file '{}': --weir.config and WEIR_CONFIG name one that exists", path));
    return;
  }
  for (const YamlOption& option : read_yaml_options(path, *text))
    set_option(target, *find_option(option.key), option.value, fmt::format("{}:{}: {}", path, option.line, option.key));
}

void apply_flags(const std::vector<EngineFlag>& flags, Configuration& target) {
  std::set<std::string> seen;
  for (const EngineFlag& flag : flags) {
    const std::string name = "--weir." + flag.key;
    const ConfigurationOption* option = find_option(flag.key);
    if (option == nullptr) {
      std::vector<std::string> keys;
      for (const ConfigurationOption& known : configuration_options()) keys.push_back(known.key);
      throw UsageError(fmt::format("unknown option {}{}", name, did_you_mean(flag.key, keys, "--weir.")));
    }
    if (!seen.insert(flag.key).second) throw UsageError(fmt::format("{} is given twice: leave one out", name));
    if (!flag.value && !option->is_switch)
      throw UsageError(fmt::format("{} has no value: it needs {}", name, option->allowed));
    set_option(target, *option, flag.value.value_or("true"), name);
  }
}

}  // namespace

std::string variable_name(std::string_view key) {
  std::string name = "WEIR_";
  for (const char c : key)
    name += c == '.' || c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return name;
}

Configuration load_configuration(const ConfigurationSources& sources, Configuration defaults) {
  Configuration configuration = std::move(defaults);
  apply_variables(sources.variables, configuration);
  // The flags say which file to read, and overrule what it says: they are applied twice.
  apply_flags(sources.flags, configuration);
  const bool asked_for = !configuration.file.empty();
  apply_file(sources, asked_for, asked_for ? configuration.file : "weir.yaml", configuration);
  apply_flags(sources.flags, configuration);
  return configuration;
}

}  // namespace detail

}  // namespace weir
