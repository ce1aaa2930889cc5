#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "weir/connectors/files/files_options.h"
#include "weir/connectors/files/part_writer.h"
#include "weir/connectors/files/staged_part.h"
#include "weir/core/host.h"

namespace weir::connectors {

/// The part at hand and those that are complete, as a helper thread works on them. Calls block.
class PartWriter::Staging {
 public:
  Staging(const FilesOptions& options, Host& host, SubtaskIndex subtask);

  /// What write() is to append; empty afterwards.
  std::string bytes;

  /// Appends `bytes` to the part at hand, or begins one, and then may complete it. Does nothing, or undoes it, once
  /// abandoned.
  void write(Part part);

  /// The attempt is over: nothing of this must be left by work that is still under way. Thread: any.
  void abandon() { abandoned_.store(true); }

  /// Makes the parts visible that are complete.
  void deliver();

  /// The end of the output: what is staged of all subtasks is delivered, or soon will be.
  void remove_if_empty();

 private:
  void append();
  void complete();
  void begin_part();
  void discard_if_abandoned();

  const std::string directory_;
  const std::string final_prefix_;   ///< "<directory>/part-1-"
  const std::string staged_prefix_;  ///< "<directory>/.weir/00000000000000ff-1-"
  const bool deliver_at_once_;
  Host& host_;
  std::atomic<bool> abandoned_{false};
  std::uint64_t number_ = 0;  ///< of the part at hand, or the last one
  StagedPart part_;           ///< at hand, if file_ is open
  std::unique_ptr<File> file_;
  std::vector<StagedPart> complete_;
};

}  // namespace weir::connectors
