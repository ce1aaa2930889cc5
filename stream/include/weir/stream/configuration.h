#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/checkpoint/options.h"
#include "weir/core/time.h"
#include "weir/runtime/job_options.h"
#include "weir/state/rocksdb_stores.h"
#include "weir/stream/command_line.h"

namespace weir {

/// How the engine runs a job: the values of all options. The table in configuration_options() says what each means.
struct Configuration {
  enum class LogDetail : std::uint8_t { kDebug, kInfo, kWarning, kError, kOff };
  enum class Status : std::uint8_t { kAuto, kOn, kOff };

  std::uint32_t parallelism = 1;
  std::uint32_t workers = 1;
  std::uint32_t batch_size = 1024;
  std::uint32_t channel_batches = 16;
  std::uint32_t key_groups = 1024;
  bool unix_sockets = true;  ///< between processes of a machine
  runtime::RestartStrategy restart;
  bool drain = false;
  LogDetail log_detail = LogDetail::kInfo;
  Status status = Status::kAuto;
  Duration status_interval{1000};
  bool pre_aggregate = true;
  checkpoint::Options checkpoints;  ///< taken if there is a directory
  bool allow_non_restored_state = false;
  std::string state_directory;          ///< where the process keeps its state; empty: in the checkpoint directory
  std::optional<std::uint64_t> memory;  ///< bytes; absent: what it takes
  state::RocksDbOptions rocksdb;
  std::optional<std::uint32_t> page;  ///< the port of the page and REST; 0: one that is free; absent: none
  std::string page_token_file;        ///< whose first line allows to change something from there; empty: nobody may
  std::string file;                   ///< read for further options; empty: weir.yaml, if there is one

  /// The defaults on a machine with that many cores.
  static Configuration for_cores(std::uint32_t cores);

  bool takes_checkpoints() const { return !checkpoints.directory.empty(); }

  /// `name` is the job's identity, too, unless the configuration has another.
  runtime::JobOptions to_job_options(std::string name,
                                     std::function<void(runtime::LogLevel, const std::string&)> log) const;
};

namespace detail {

/// What an option made of a text.
enum class Taken : std::uint8_t {
  kYes,
  kNotAllowed,  ///< it is not what is allowed
  kOutOfRange,  ///< it is, but for its size
};

/// An option of the engine: the flag `--weir.<key>`, the key in weir.yaml, the variable WEIR_<KEY>.
///
/// One whose key ends in ".NAME" stands for all keys with any name in that place.
struct ConfigurationOption {
  std::string key;
  std::string placeholder;  ///< of the value: "NUMBER"
  std::string allowed;      ///< "a whole number from 1 to 1024"
  std::string meaning;
  bool is_switch;  ///< a flag without a value means true
  bool in_file;    ///< may stand in weir.yaml
  /// Takes the text over. `name` is what stands for NAME, if anything does.
  std::function<Taken(Configuration&, std::string_view text, std::string_view name)> set;
  std::function<std::string(const Configuration&)> show;
};

const std::vector<ConfigurationOption>& configuration_options();

/// An option, and what its key has in place of NAME.
struct FoundOption {
  const ConfigurationOption* option = nullptr;  ///< null: there is none
  std::string_view name;
};

FoundOption find_option(std::string_view key);

/// "WEIR_RESTART_MAX_DELAY" for "restart.max-delay".
std::string variable_name(std::string_view key);

/// Where options come from besides the file.
struct ConfigurationSources {
  std::vector<EngineFlag> flags;
  std::map<std::string, std::string> variables;  ///< those that start with WEIR_, by their full names
  /// The text of a file, or nothing if there is none. Errors: it cannot be read.
  std::function<std::optional<std::string>(const std::string& path)> read_file;
};

/// Reads all sources: flags win over the file, the file over variables, and these over the defaults. What is overruled
/// is checked as well.
/// Errors: UsageError naming flag, file and line, or variable, and what is allowed or the nearest known key; naming a
/// flag that means nothing without a checkpoint directory.
Configuration load_configuration(const ConfigurationSources& sources, Configuration defaults);

}  // namespace detail

}  // namespace weir
