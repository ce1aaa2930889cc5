#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace weir::cluster {

/// An option of a command, or what stands without one (a positional).
struct OptionText {
  std::vector<std::string> names;  ///< "-d", "--detached"; of a positional "JOBID"
  std::string value;               ///< "DIR", "N"; empty: a flag. Of a positional its name
  std::string about;
  std::string initial;   ///< what it is unless given; empty: nothing to tell
  std::string range;     ///< "1 to 100"; empty: none
  std::string variable;  ///< of the environment, which sets it as well; empty: none
  bool required = false;
  bool repeats = false;
};

/// A verb with its options, or a group of verbs.
struct CommandText {
  std::string path;  ///< "cluster start"; of the command itself ""
  std::string about;
  std::string footer;  ///< examples and what else there is to say, without the exit status
  std::string status;  ///< its exit statuses, a line each
  std::vector<OptionText> positionals;
  std::vector<OptionText> options;  ///< those that are shown
  std::vector<std::string> verbs;   ///< of a group
  bool takes_job = false;           ///< a job's program and its arguments follow
};

/// The command, its groups and verbs, each before its own verbs, in the order of the help.
std::vector<CommandText> command_texts(const CLI::App& app);

/// Puts `text` where `mark` stands in `frame`. Requires: it stands there once.
void fill(std::string& frame, const std::string& mark, const std::string& text);

}  // namespace weir::cluster
