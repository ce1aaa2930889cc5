#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "weir/core/hash.h"
#include "weir/core/ids.h"

// Where the files of a job lie. docs/formats/directory.md is the whole picture.

namespace weir::checkpoint {

/// Of which checkpoint something is. Generations do not share ids' files: an id that was never completed may come again
/// in a later one.
struct CheckpointName {
  GenerationId generation{};
  CheckpointId checkpoint{};

  friend auto operator<=>(const CheckpointName&, const CheckpointName&) = default;
};

/// "3.17".
std::string to_string(const CheckpointName& name);

/// The 32 hex digits by which a job's directory is called: hash128 of its identity, the high half first.
std::string job_directory_name(std::string_view job);

/// Which writer of state files this is, for the names of its files.
struct StateWriter {
  GenerationId generation{};
  AttemptId attempt{};
  CheckpointId checkpoint{};
  NodeId node{};
  SubtaskIndex subtask{};
};

/// Paths of one job's files. Those of Relative are relative to its directory, as they stand in its files.
class Layout {
 public:
  /// `root`: Options::directory.
  Layout(const std::string& root, std::string_view job);
  /// `directory`: that of the job itself.
  explicit Layout(std::string directory) : directory_(std::move(directory)) {}

  const std::string& directory() const { return directory_; }
  std::string absolute(std::string_view relative) const { return directory_ + "/" + std::string(relative); }

  std::string lock() const { return absolute("lock"); }
  std::string log() const { return absolute("log"); }
  std::string log_entry(std::uint64_t index) const { return log() + "/" + std::to_string(index); }
  std::string checkpoints() const { return absolute("chk"); }
  std::string shared() const { return absolute("shared"); }
  std::string local() const { return absolute("local"); }
  /// Of one attempt's processes: nothing of it is trusted later.
  std::string local(GenerationId generation, AttemptId attempt) const;

  static std::string checkpoint_directory(const CheckpointName& name);  ///< relative
  static std::string manifest(const CheckpointName& name);              ///< relative
  /// Relative. `sequence` counts the files of one writer.
  static std::string state_file(const StateWriter& writer, std::uint32_t sequence);

 private:
  std::string directory_;
};

/// A number in decimal as these names write it: no sign, no leading zero. Nothing for everything else.
std::optional<std::uint64_t> parse_number(std::string_view text);

/// "3.17", or nothing.
std::optional<CheckpointName> parse_checkpoint_name(std::string_view text);

/// Of which checkpoint the file of that name in shared/ is; nothing for names that no state file has.
std::optional<CheckpointName> parse_state_file_name(std::string_view text);

}  // namespace weir::checkpoint
