#pragma once

#include <memory>

namespace CLI {
class App;
}

namespace weir::cluster {

/// The command `weir`: its verbs, their options, and what they do.
class CommandLine {
 public:
  CommandLine();
  ~CommandLine();

  /// What there is, for the manual and the completion of bash.
  const CLI::App& app() const;

  /// Does what the arguments say and returns the status to exit with. Requires: called once.
  int run(int argc, char** argv);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace weir::cluster
