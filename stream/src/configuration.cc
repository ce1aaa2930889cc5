#include "weir/stream/configuration.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "weir/core/error.h"
#include "weir/runtime/memory_plan.h"

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
  if (takes_checkpoints()) {
    options.checkpoints = checkpoints;
    if (options.checkpoints->job.empty()) options.checkpoints->job = options.name;
    options.memory = memory;
    state::RocksDbOptions below = rocksdb;
    if (memory) below.memory = runtime::cold_store_memory(*memory);
    options.cold_stores = [below = std::move(below)](Host& host, const std::string& directory) {
      return state::make_rocksdb_stores(host, directory, below);
    };
    options.state_directory = state_directory;
    options.allow_non_restored_state = allow_non_restored_state;
  }
  options.log = std::move(log);
  return options;
}

namespace detail {

namespace {

constexpr std::string_view kAnyName = ".NAME";

/// "rocksdb.db." of an option for any name; empty of others.
std::string_view family_of(const ConfigurationOption& option) {
  const std::string_view key = option.key;
  return key.ends_with(kAnyName) ? key.substr(0, key.size() - kAnyName.size() + 1) : "";
}

/// `where` is how the source calls the option: "--weir.drain", "weir.yaml:3: drain", "WEIR_DRAIN".
void set_option(Configuration& target, const FoundOption& found, const std::string& value, const std::string& where) {
  switch (found.option->set(target, value, found.name)) {
    case Taken::kYes:
      return;
    case Taken::kNotAllowed:
      throw UsageError(fmt::format("{}: '{}' is not {}", where, value, found.option->allowed));
    case Taken::kOutOfRange:
      throw UsageError(fmt::format("{}: {} is out of range: it must be {}", where, value, found.option->allowed));
  }
}

/// The option of a variable, by its name without "WEIR_". A name in it is lower case, as those of options are.
FoundOption find_variable(std::string_view name, const std::vector<std::string>& names, std::string& option_name) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    const ConfigurationOption& option = configuration_options()[i];
    if (family_of(option).empty()) {
      if (names[i] == name) return {&option, ""};
      continue;
    }
    const std::string_view family = std::string_view(names[i]).substr(0, family_of(option).size());
    if (!name.starts_with(family) || name.size() == family.size()) continue;
    option_name = name.substr(family.size());
    for (char& c : option_name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return {&option, option_name};
  }
  return {};
}

void apply_variables(const std::map<std::string, std::string>& variables, Configuration& target) {
  constexpr std::string_view kPrefix = "WEIR_";
  std::vector<std::string> names;  // without the prefix, as all that is compared
  for (const ConfigurationOption& option : configuration_options())
    names.push_back(variable_name(option.key).substr(kPrefix.size()));
  for (const auto& [variable, value] : variables) {
    if (variable == "WEIR_CRASH_AT" || variable == "WEIR_STOP_AT") continue;  // the host's, for tests
    const std::string name = variable.substr(kPrefix.size());
    std::string option_name;
    const FoundOption found = find_variable(name, names, option_name);
    if (found.option == nullptr)
      throw UsageError(fmt::format("unknown environment variable {}{}", variable, did_you_mean(name, names, kPrefix)));
    set_option(target, found, value, variable);
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
    set_option(target, find_option(option.key), option.value, fmt::format("{}:{}: {}", path, option.line, option.key));
}

void apply_flags(const std::vector<EngineFlag>& flags, Configuration& target) {
  std::set<std::string> seen;
  for (const EngineFlag& flag : flags) {
    const std::string name = "--weir." + flag.key;
    const FoundOption found = find_option(flag.key);
    if (found.option == nullptr) {
      std::vector<std::string> keys;
      for (const ConfigurationOption& known : configuration_options()) keys.push_back(known.key);
      throw UsageError(fmt::format("unknown option {}{}", name, did_you_mean(flag.key, keys, "--weir.")));
    }
    if (!seen.insert(flag.key).second) throw UsageError(fmt::format("{} is given twice: leave one out", name));
    if (!flag.value && !found.option->is_switch)
      throw UsageError(fmt::format("{} has no value: it needs {}", name, found.option->allowed));
    set_option(target, found, flag.value.value_or("true"), name);
  }
}

/// Whoever asks for one of these believes that there are checkpoints. A job that begins with a savepoint has some, if
/// only until its process ends.
void check_directory(const Configuration& configuration) {
  if (configuration.checkpoints.claim != checkpoint::ClaimMode::kNoClaim && configuration.checkpoints.from.empty())
    throw UsageError("--weir.claim-mode means nothing without a savepoint: name it with --weir.from");
  if (configuration.takes_checkpoints()) return;
  const checkpoint::Options& asked = configuration.checkpoints;
  const bool begins = !asked.from.empty();
  const char* what = asked.claim != checkpoint::ClaimMode::kNoClaim      ? "claim-mode"
                     : asked.takeover                                    ? "takeover"
                     : asked.restart_finished                            ? "restart"
                     : asked.accept_duplicates                           ? "accept-duplicates"
                     : asked.restore != checkpoint::RestoreMode::kAuto   ? "restore"
                     : !begins && configuration.allow_non_restored_state ? "allow-non-restored-state"
                     : !begins && !asked.job.empty()                     ? "job"
                     : !begins && !configuration.state_directory.empty() ? "state-dir"
                     : !begins && configuration.memory                   ? "memory"
                                                                         : nullptr;
  if (what != nullptr)
    throw UsageError(
        fmt::format("--weir.{} means nothing without a checkpoint directory: name one with "
                    "--weir.checkpoint-dir",
                    what));
}

}  // namespace

FoundOption find_option(std::string_view key) {
  for (const ConfigurationOption& option : configuration_options()) {
    const std::string_view family = family_of(option);
    if (family.empty() && option.key == key) return {&option, ""};
    if (family.empty() || !key.starts_with(family)) continue;
    const std::string_view name = key.substr(family.size());
    if (!name.empty() && name.find('.') == std::string_view::npos) return {&option, name};
  }
  return {};
}

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
  check_directory(configuration);
  return configuration;
}

}  // namespace detail

}  // namespace weir
