#include <array>

#include <fmt/format.h>

#include "weir/stream/configuration.h"
#include "weir/stream/value_text.h"

namespace weir::detail {

namespace {

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
              [=](Configuration& target, std::string_view text) {
                const auto value = parse_unsigned(text, least, most);
                if (value) field(target) = static_cast<std::uint32_t>(*value);
                return value.has_value();
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
              [=](Configuration& target, std::string_view text) {
                const auto value = parse_duration(text);
                if (!value || *value < least || *value > most) return false;
                field(target) = *value;
                return true;
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
              [=](Configuration& target, std::string_view text) {
                const auto value = parse_bool(text);
                if (value) field(target) = *value;
                return value.has_value();
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
              [=](Configuration& target, std::string_view text) {
                for (const auto& [name, value] : choices) {
                  if (name != text) continue;
                  field(target) = value;
                  return true;
                }
                return false;
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
              [](Configuration& target, std::string_view text) {
                const auto value = parse_double(text);
                if (!value || *value < kLeast || *value > kMost) return false;
                target.restart.multiplier = *value;
                return true;
              },
          .show = [](const Configuration& from) { return double_text(from.restart.multiplier); }};
}

ConfigurationOption file() {
  return {.key = "config",
          .placeholder = "FILE",
          .allowed = "the path of a file",
          .meaning = "read options from this file instead of weir.yaml in the working directory",
          .is_switch = false,
          .in_file = false,
          .set =
              [](Configuration& target, std::string_view text) {
                target.file = text;
                return !text.empty();
              },
          .show = [](const Configuration& from) { return from.file; }};
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
      file(),
  };
}

}  // namespace

const std::vector<ConfigurationOption>& configuration_options() {
  static const std::vector<ConfigurationOption> options = make_options();
  return options;
}

}  // namespace weir::detail
