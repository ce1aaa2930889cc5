#include <array>

#include <fmt/format.h>

#include "weir/stream/configuration.h"
#include "weir/stream/value_text.h"

namespace weir::detail {

namespace {

using checkpoint::ClaimMode;
using checkpoint::RestoreMode;
using Strategy = runtime::RestartStrategy::Kind;
using LogDetail = Configuration::LogDetail;
using Status = Configuration::Status;

// In each helper below `field` finds the option's place: from Configuration& to a reference.

template <class Field>
ConfigurationOption whole_number(std::string key, std::uint32_t least, std::uint32_t most, Field field,
                                 std::string meaning) {
  return {.key = std::move(key),
          .placeholder = "NUMBER",
          .allowed = fmt::format("a whole number from {} to {}", least, most),
          .meaning = std::move(meaning),
          .is_switch = false,
          .in_file = true,
          .set =
              [=](Configuration& target, std::string_view text, std::string_view) {
                const auto value = parse_unsigned(text, least, most);
                if (value) field(target) = static_cast<std::uint32_t>(*value);
                return value ? Taken::kYes : Taken::kNotAllowed;
              },
          .show = [=](const Configuration& from) { return std::to_string(field(from)); }};
}

template <class Field>
ConfigurationOption duration(std::string key, Duration least, Duration most, Field field, std::string meaning) {
  return {.key = std::move(key),
          .placeholder = "DURATION",
          .allowed = fmt::format("a duration from {} to {}, such as 200ms, 10s, 2m or 1h", duration_text(least),
                                 duration_text(most)),
          .meaning = std::move(meaning),
          .is_switch = false,
          .in_file = true,
          .set =
              [=](Configuration& target, std::string_view text, std::string_view) {
                if (!is_duration(text)) return Taken::kNotAllowed;
                const auto value = parse_duration(text);
                if (!value || *value < least || *value > most) return Taken::kOutOfRange;
                field(target) = *value;
                return Taken::kYes;
              },
          .show = [=](const Configuration& from) { return duration_text(field(from)); }};
}

template <class Field>
ConfigurationOption on_or_off(std::string key, Field field, std::string meaning) {
  return {.key = std::move(key),
          .placeholder = "true|false",
          .allowed = expected_value<bool>(),
          .meaning = std::move(meaning),
          .is_switch = true,
          .in_file = true,
          .set =
              [=](Configuration& target, std::string_view text, std::string_view) {
                const auto value = parse_bool(text);
                if (value) field(target) = *value;
                return value ? Taken::kYes : Taken::kNotAllowed;
              },
          .show = [=](const Configuration& from) { return value_text(field(from)); }};
}

template <class Field, class Choice, std::size_t kChoices>
ConfigurationOption one_of(std::string key, std::array<std::pair<std::string_view, Choice>, kChoices> choices,
                           Field field, std::string meaning) {
  std::vector<std::string_view> names;
  for (const auto& [name, value] : choices) names.push_back(name);
  return {.key = std::move(key),
          .placeholder = fmt::format("{}", fmt::join(names, "|")),
          .allowed = fmt::format("one of {}", fmt::join(names, ", ")),
          .meaning = std::move(meaning),
          .is_switch = false,
          .in_file = true,
          .set =
              [=](Configuration& target, std::string_view text, std::string_view) {
                for (const auto& [name, value] : choices) {
                  if (name != text) continue;
                  field(target) = value;
                  return Taken::kYes;
                }
                return Taken::kNotAllowed;
              },
          .show =
              [=](const Configuration& from) {
                for (const auto& [name, value] : choices)
                  if (value == field(from)) return std::string(name);
                return std::string();
              }};
}

ConfigurationOption multiplier() {
  constexpr double kLeast = 1;
  constexpr double kMost = 100;
  return {.key = "restart.multiplier",
          .placeholder = "NUMBER",
          .allowed = fmt::format("a number from {} to {}", kLeast, kMost),
          .meaning = "exponential-delay: each delay is this times the one before",
          .is_switch = false,
          .in_file = true,
          .set =
              [](Configuration& target, std::string_view text, std::string_view) {
                const auto value = parse_double(text);
                if (!value || *value < kLeast || *value > kMost) return Taken::kNotAllowed;
                target.restart.multiplier = *value;
                return Taken::kYes;
              },
          .show = [](const Configuration& from) { return double_text(from.restart.multiplier); }};
}

template <class Field>
ConfigurationOption text(std::string key, std::string placeholder, std::string allowed, Field field,
                         std::string meaning) {
  return {.key = std::move(key),
          .placeholder = std::move(placeholder),
          .allowed = std::move(allowed),
          .meaning = std::move(meaning),
          .is_switch = false,
          .in_file = true,
          .set =
              [=](Configuration& target, std::string_view given, std::string_view) {
                field(target) = given;
                return given.empty() ? Taken::kNotAllowed : Taken::kYes;
              },
          .show = [=](const Configuration& from) { return field(from); }};
}

/// The same option, which must not stand in a file: it is about one run.
ConfigurationOption for_one_run(ConfigurationOption option) {
  option.in_file = false;
  return option;
}

ConfigurationOption tolerated_failures() {
  constexpr std::uint32_t kMost = 1'000'000;
  static constexpr std::string_view kAny = "any";
  return {.key = "checkpoint-tolerated-failures",
          .placeholder = "NUMBER|any",
          .allowed = fmt::format("a whole number from 0 to {}, or {}", kMost, kAny),
          .meaning = "checkpoints that may fail in a row before the job fails",
          .is_switch = false,
          .in_file = true,
          .set =
              [](Configuration& target, std::string_view given, std::string_view) {
                const auto value = parse_unsigned(given, 0, kMost);
                if (!value && given != kAny) return Taken::kNotAllowed;
                auto& tolerated = target.checkpoints.tolerated_failures;
                tolerated.reset();
                if (value) tolerated = static_cast<std::uint32_t>(*value);
                return Taken::kYes;
              },
          .show =
              [](const Configuration& from) {
                const auto& tolerated = from.checkpoints.tolerated_failures;
                return tolerated ? std::to_string(*tolerated) : std::string(kAny);
              }};
}

ConfigurationOption page() {
  constexpr std::uint32_t kMost = 65535;
  return {.key = "page",
          .placeholder = "PORT",
          .allowed = fmt::format("a port from 0 to {}; 0: one that is free", kMost),
          .meaning = "show the job on a page at http://localhost:PORT/, and to programs by REST",
          .is_switch = false,
          .in_file = true,
          .set =
              [](Configuration& target, std::string_view given, std::string_view) {
                const auto port = parse_unsigned(given, 0, kMost);
                if (port) target.page = static_cast<std::uint32_t>(*port);
                return port ? Taken::kYes : Taken::kNotAllowed;
              },
          .show = [](const Configuration& from) { return from.page ? std::to_string(*from.page) : std::string(); }};
}

ConfigurationOption memory() {
  constexpr std::uint64_t kLeast = 1'000'000;
  constexpr std::uint64_t kMost = 1'000'000'000'000'000;
  return {.key = "memory",
          .placeholder = "SIZE",
          .allowed = "a size from 1MB on, such as 256MB, 2GB or 512MiB",
          .meaning = "what the job may hold in memory, without what user code does; state beyond it lies on disk",
          .is_switch = false,
          .in_file = true,
          .set =
              [](Configuration& target, std::string_view given, std::string_view) {
                const auto bytes = parse_size(given);
                if (!bytes) return Taken::kNotAllowed;
                if (*bytes < kLeast || *bytes > kMost) return Taken::kOutOfRange;
                target.memory = bytes;
                return Taken::kYes;
              },
          .show = [](const Configuration& from) { return from.memory ? size_text(*from.memory) : std::string(); }};
}

/// Options of RocksDB, which checks them itself. `map` finds their place, by name.
template <class Map>
ConfigurationOption rocksdb(std::string key, Map map, std::string meaning) {
  return {.key = std::move(key),
          .placeholder = "VALUE",
          .allowed = "a value as RocksDB's option strings have it",
          .meaning = std::move(meaning),
          .is_switch = false,
          .in_file = true,
          .set =
              [=](Configuration& target, std::string_view given, std::string_view name) {
                map(target).insert_or_assign(std::string(name), std::string(given));
                return given.empty() ? Taken::kNotAllowed : Taken::kYes;
              },
          .show = [](const Configuration&) { return std::string(); }};
}

std::vector<ConfigurationOption> make_options() {
  using namespace std::chrono_literals;
  constexpr Duration kDay = 24h;
  constexpr std::array kStrategies{
      std::pair<std::string_view, Strategy>{"none", Strategy::kNone},
      std::pair<std::string_view, Strategy>{"fixed-delay", Strategy::kFixedDelay},
      std::pair<std::string_view, Strategy>{"exponential-delay", Strategy::kExponentialDelay}};
  constexpr std::array kLogDetails{std::pair<std::string_view, LogDetail>{"debug", LogDetail::kDebug},
                                   std::pair<std::string_view, LogDetail>{"info", LogDetail::kInfo},
                                   std::pair<std::string_view, LogDetail>{"warning", LogDetail::kWarning},
                                   std::pair<std::string_view, LogDetail>{"error", LogDetail::kError},
                                   std::pair<std::string_view, LogDetail>{"off", LogDetail::kOff}};
  constexpr std::array kStatus{std::pair<std::string_view, Status>{"auto", Status::kAuto},
                               std::pair<std::string_view, Status>{"on", Status::kOn},
                               std::pair<std::string_view, Status>{"off", Status::kOff}};
  constexpr std::array kRestoreModes{std::pair<std::string_view, RestoreMode>{"auto", RestoreMode::kAuto},
                                     std::pair<std::string_view, RestoreMode>{"none", RestoreMode::kNone}};
  constexpr std::array kClaimModes{std::pair<std::string_view, ClaimMode>{"no-claim", ClaimMode::kNoClaim},
                                   std::pair<std::string_view, ClaimMode>{"claim", ClaimMode::kClaim}};
  return {
      whole_number(
          "parallelism", 1, 32768, [](auto& c) -> auto& { return c.parallelism; },
          "subtasks of every operator that does not say otherwise; without this option the number of cores"),
      whole_number(
          "workers", 1, 1024, [](auto& c) -> auto& { return c.workers; },
          "threads that run the subtasks; without this option the number of cores"),
      whole_number(
          "batch-size", 1, 65536, [](auto& c) -> auto& { return c.batch_size; },
          "records that travel together at most"),
      whole_number(
          "channel-batches", 2, 4096, [](auto& c) -> auto& { return c.channel_batches; },
          "batches on their way from one subtask to its targets at most, before it has to wait"),
      on_or_off(
          "unix-sockets", [](auto& c) -> auto& { return c.unix_sockets; },
          "on a cluster, send records to processes of the same machine by unix sockets, and not by TCP"),
      whole_number(
          "key-groups", 1, 32768, [](auto& c) -> auto& { return c.key_groups; },
          "parts that keyed state is divided into: the largest parallelism a job can ever have"),
      one_of(
          "restart.strategy", kStrategies, [](auto& c) -> auto& { return c.restart.kind; },
          "what happens after a failure that may not happen again"),
      whole_number(
          "restart.attempts", 1, 1'000'000, [](auto& c) -> auto& { return c.restart.attempts; },
          "restarts in a row before the job fails"),
      duration(
          "restart.delay", 0ms, kDay, [](auto& c) -> auto& { return c.restart.delay; },
          "wait before a restart; exponential-delay: before the first"),
      duration(
          "restart.max-delay", 0ms, kDay, [](auto& c) -> auto& { return c.restart.max_delay; },
          "exponential-delay: the longest wait"),
      multiplier(),
      duration(
          "restart.reset-after", 0ms, kDay, [](auto& c) -> auto& { return c.restart.reset_after; },
          "a run this long without a failure starts the count of restarts anew"),
      on_or_off(
          "drain", [](auto& c) -> auto& { return c.drain; },
          "at the end of the input, fire processing-time windows that are not due instead of dropping them"),
      on_or_off(
          "pre-aggregate", [](auto& c) -> auto& { return c.pre_aggregate; },
          "combine records of a key before they are exchanged, where the aggregate allows it"),
      one_of(
          "log.level", kLogDetails, [](auto& c) -> auto& { return c.log_detail; },
          "the least important log lines to show, on standard error"),
      one_of(
          "status", kStatus, [](auto& c) -> auto& { return c.status; },
          "a line at the bottom of the terminal that shows how the job gets on; auto: when output and errors both go "
          "to a terminal"),
      duration(
          "status.interval", 100ms, 1h, [](auto& c) -> auto& { return c.status_interval; },
          "how often the status line changes"),
      page(),
      text(
          "page-token-file", "FILE", "the path of a file", [](auto& c) -> auto& { return c.page_token_file; },
          "allow whoever knows the first line of this file to cancel the job, and the like, from the page"),
      text(
          "checkpoint-dir", "DIRECTORY", "the path of a directory",
          [](auto& c) -> auto& { return c.checkpoints.directory; },
          "take checkpoints, kept here, and go on from the newest after any failure; jobs may share a directory"),
      duration(
          "checkpoint-interval", 10ms, kDay, [](auto& c) -> auto& { return c.checkpoints.interval; },
          "from the beginning of one checkpoint to that of the next"),
      duration(
          "checkpoint-min-pause", 0ms, kDay, [](auto& c) -> auto& { return c.checkpoints.minimum_pause; },
          "from the end of one checkpoint to the beginning of the next at least"),
      duration(
          "checkpoint-timeout", 100ms, 7 * kDay, [](auto& c) -> auto& { return c.checkpoints.timeout; },
          "a checkpoint that takes longer is given up"),
      tolerated_failures(),
      whole_number(
          "checkpoint-retained", 1, 1000, [](auto& c) -> auto& { return c.checkpoints.retained; },
          "completed checkpoints that are kept"),
      on_or_off(
          "checkpoint-keep-on-cancel", [](auto& c) -> auto& { return c.checkpoints.keep_on_cancel; },
          "keep the checkpoints of a job that a signal stopped, so that the same command goes on; otherwise they are "
          "removed"),
      one_of(
          "restore", kRestoreModes, [](auto& c) -> auto& { return c.checkpoints.restore; },
          "what a job does that has checkpoints already: go on from the newest, or refuse"),
      for_one_run(text(
          "from", "DIRECTORY", "the path of a savepoint", [](auto& c) -> auto& { return c.checkpoints.from; },
          "begin with this savepoint, or with the newest checkpoint of this directory of a job: nothing in it is "
          "changed; a job that has gone on from it already goes on from its own newest checkpoint")),
      for_one_run(one_of(
          "claim-mode", kClaimModes, [](auto& c) -> auto& { return c.checkpoints.claim; },
          "whose the savepoint is that the job begins with: its owner's, or the job's, which removes it when newer "
          "checkpoints have taken its place")),
      for_one_run(on_or_off(
          "allow-non-restored-state", [](auto& c) -> auto& { return c.allow_non_restored_state; },
          "go on although the job lacks states that its checkpoint has, and begin with a savepoint of a job that has "
          "other "
          "operators, too: what this one lacks is dropped, and said")),
      for_one_run(on_or_off(
          "takeover", [](auto& c) -> auto& { return c.checkpoints.takeover; },
          "take the checkpoints over from a process that still holds them: it can publish nothing any more")),
      for_one_run(on_or_off(
          "restart", [](auto& c) -> auto& { return c.checkpoints.restart_finished; },
          "run a job that has finished anew, from the beginning of its input")),
      for_one_run(on_or_off(
          "accept-duplicates", [](auto& c) -> auto& { return c.checkpoints.accept_duplicates; },
          "if the newest checkpoint is damaged, go back to an older one although results may appear twice")),
      text(
          "job", "NAME", "a name", [](auto& c) -> auto& { return c.checkpoints.job; },
          "by what the checkpoint directory knows the job; without this option the job's name"),
      text(
          "state-dir", "DIRECTORY", "the path of a directory", [](auto& c) -> auto& { return c.state_directory; },
          "where the running process keeps state on disk, a cache; without this option in the checkpoint directory"),
      memory(),
      rocksdb(
          "rocksdb.db.NAME", [](auto& c) -> auto& { return c.rocksdb.db; },
          "an option of RocksDB's DBOptions, such as rocksdb.db.max_background_jobs"),
      rocksdb(
          "rocksdb.cf.NAME", [](auto& c) -> auto& { return c.rocksdb.column_family; },
          "an option of RocksDB's ColumnFamilyOptions, such as rocksdb.cf.compression"),
      rocksdb(
          "rocksdb.table.NAME", [](auto& c) -> auto& { return c.rocksdb.table; },
          "an option of RocksDB's BlockBasedTableOptions, such as rocksdb.table.block_size"),
      for_one_run(text(
          "config", "FILE", "the path of a file", [](auto& c) -> auto& { return c.file; },
          "read options from this file instead of weir.yaml in the working directory")),
  };
}

}  // namespace

const std::vector<ConfigurationOption>& configuration_options() {
  static const std::vector<ConfigurationOption> options = make_options();
  return options;
}

}  // namespace weir::detail
