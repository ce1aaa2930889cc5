#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/stream/value_text.h"

namespace weir {

using detail::parse_duration;

/// The job's own arguments: what its command line holds besides the engine's `--weir.*` options.
///
/// Written `--name value`, `--name=value`, or `--name` for a flag. A value that starts with `--` needs the form with
/// '='; one like -5 does not. Values are whole numbers (checked against the range of T), double, bool, std::string, or
/// Duration (200ms, 10s, 2m, 1h; a bare number is in milliseconds).
///
/// Every question is noted with its type, default and help: that is what --help lists. Names are given without dashes.
/// Thread: one. Errors: UsageError naming the argument and what was expected.
class Arguments {
 public:
  enum class Kind : std::uint8_t { kRequired, kDefault, kOptional, kFlag };

  /// A question the job asked.
  struct Known {
    std::string name;
    Kind kind;
    std::string placeholder;   ///< of the value: "NUMBER"; empty for a flag
    std::string default_text;  ///< with kDefault
    std::string help;
  };

  /// Errors: a doubled argument, or one without `--`.
  explicit Arguments(std::vector<std::string> words);

  /// Without any argument; required() answers with T{}, so that a job function can be asked what it knows.
  static Arguments for_help();

  template <detail::Written T>
  T required(std::string_view name, std::string_view help = "") {
    note({std::string(name), Kind::kRequired, detail::value_placeholder<T>(), "", std::string(help)});
    if (auto value = read<T>(name)) return *std::move(value);
    if (for_help_) return T{};
    throw_missing(name, detail::expected_value<T>());
  }

  template <detail::Written T>
  T get(std::string_view name, T fallback, std::string_view help = "") {
    note({std::string(name), Kind::kDefault, detail::value_placeholder<T>(), detail::value_text(fallback),
          std::string(help)});
    if (auto value = read<T>(name)) return *std::move(value);
    return fallback;
  }

  template <detail::Written T>
  std::optional<T> optional(std::string_view name, std::string_view help = "") {
    note({std::string(name), Kind::kOptional, detail::value_placeholder<T>(), "", std::string(help)});
    return read<T>(name);
  }

  /// Whether `--name` is there; `--name=false` takes it back.
  bool flag(std::string_view name, std::string_view help = "") {
    note({std::string(name), Kind::kFlag, "", "", std::string(help)});
    return read<bool>(name).value_or(false);
  }

  /// Whether the answers only serve to list the questions for --help.
  bool for_help_only() const { return for_help_; }

  /// Errors: an argument that nothing asked for, with the nearest name that was.
  void check_all_used() const { check_known(known_); }

  /// Errors: an argument that is not among these, with the nearest that is.
  void check_known(const std::vector<Known>& known) const;

  /// What was asked for, in the order of the first questions.
  const std::vector<Known>& known() const { return known_; }

 private:
  struct Given {
    std::string name;
    std::optional<std::string> value;
  };

  template <class T>
  std::optional<T> read(std::string_view name) {
    const Given* given = find(name);
    if (given == nullptr) return std::nullopt;
    if (!given->value) {
      if constexpr (std::same_as<T, bool>) return true;
      throw_without_value(name, detail::expected_value<T>());
    }
    auto value = detail::parse_value<T>(*given->value);
    if (!value) throw_wrong(name, detail::problem_with<T>(*given->value));
    return value;
  }

  const Given* find(std::string_view name) const;
  void note(Known known);
  [[noreturn]] static void throw_missing(std::string_view name, const std::string& expected);
  [[noreturn]] static void throw_without_value(std::string_view name, const std::string& expected);
  [[noreturn]] static void throw_wrong(std::string_view name, const std::string& problem);

  std::vector<Given> given_;
  std::vector<Known> known_;
  bool for_help_ = false;
};

}  // namespace weir
