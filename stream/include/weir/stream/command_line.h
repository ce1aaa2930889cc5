#pragma once

#include <optional>
#include <string>
#include <vector>

namespace weir::detail {

/// `--weir.<key>`, with the value that followed it.
struct EngineFlag {
  std::string key;
  std::optional<std::string> value;
};

/// A job's command line, sorted by who it is for.
struct CommandLine {
  std::vector<std::string> job_words;
  std::vector<EngineFlag> engine_flags;
  bool help = false;  ///< --help, or -h where it is not the value of an argument
};

/// `words` are without the program's name. Nothing is checked but where a value belongs: to the `--name` before it,
/// unless it starts with `--`.
CommandLine split_command_line(const std::vector<std::string>& words);

}  // namespace weir::detail
