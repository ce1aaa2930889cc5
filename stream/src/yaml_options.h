#pragma once

#include <string>
#include <vector>

namespace weir::detail {

/// A value from a file, with the place to name in errors.
struct YamlOption {
  std::string key;    ///< nested keys are joined by dots
  std::string value;  ///< as written, without quotes
  int line;           ///< from 1
};

/// The options in a YAML text; keys may be nested or written with dots. Every key is known, none is doubled; values are
/// not checked.
/// Errors: UsageError naming `path` and the line.
std::vector<YamlOption> read_yaml_options(const std::string& path, const std::string& text);

}  // namespace weir::detail
