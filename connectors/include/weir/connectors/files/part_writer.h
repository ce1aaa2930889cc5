#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "weir/connectors/files/files_options.h"
#include "weir/core/blocking_call.h"
#include "weir/core/operator.h"
#include "weir/core/snapshot.h"
#include "weir/core/staged_output.h"

namespace weir::connectors {

/// Writes one subtask's bytes into parts: staged files that are delivered later.
///
/// One buffer is filled by the task while another is written by a helper thread. A part is complete, that is synced
/// under its staged name, when it is large or old enough, and at every stage(). Parts count from 1, on across
/// checkpoints and restores; without bytes there are no parts. See name_part() for their names.
/// Errors: ExternalError naming the path, thrown by the call after it became known and by all later ones. Bytes whose
/// write or sync failed are gone: only an attempt that goes on from the last checkpoint has them again.
/// Thread: task thread only.
class PartWriter {
 public:
  explicit PartWriter(FilesOptions options);
  ~PartWriter();
  PartWriter(const PartWriter&) = delete;
  PartWriter& operator=(const PartWriter&) = delete;

  void open(const OperatorContext& context);

  /// Both buffers are full: no record should be added before the task was notified.
  bool full() { return buffer_.size() >= cut_at_ && !hand_over(); }

  /// Where the caller appends a whole record. Requires: !full().
  std::string& buffer() { return buffer_; }

  /// Must be called after the last record of a batch.
  void batch_ends();

  /// What was written so far is output of `checkpoint`. Waits for nothing; bytes that come now go into a part of their
  /// own. Requires: in between two batches, or after full().
  void stage(CheckpointId checkpoint);

  /// The parts of all that was staged and not completed; nothing as long as they are not durable.
  std::optional<StagedOutputs> staged();

  /// staged() does not tell parts of this checkpoint any more, nor earlier ones.
  void completed(CheckpointId checkpoint);

  /// The number of the next part, behind the barrier; the same before and after stage().
  void save(SavedValues& values) const;
  void restore(const SavedValues& values);
  /// Goes on behind the parts of all subtasks: one that had parts at an earlier parallelism must not name any of them
  /// again, and nobody knows how many these were.
  void restore_rescaled(const std::vector<SavedValues>& before);

  /// When on_time() is wanted: a part has become too old, or work has ended that may have failed.
  Deadline next_deadline() const;
  void on_time();

 private:
  class Staging;
  enum class Part : std::uint8_t { kGoesOn, kComplete, kSealed };

  /// The rest of a part that a barrier cut off, waiting for the helper.
  struct Rest {
    std::uint64_t number;
    std::string bytes;
  };

  /// A part with all its bytes.
  struct Whole {
    std::uint64_t number;
    std::uint64_t bytes;
  };
  struct Sealed {
    CheckpointId checkpoint;
    Whole part;
  };

  bool at_hand() const { return part_bytes_ + buffer_.size() > 0; }
  bool ready();
  bool caught_up();
  bool hand_over();
  void start(Part part);
  void start_rest();
  void end_part();
  void cut_buffer();
  bool due() const;

  FilesOptions options_;
  Host* host_ = nullptr;
  SubtaskIndex subtask_{};
  std::shared_ptr<Staging> staging_;  ///< what helper threads work on; ours only while nothing is under way
  BlockingCall call_;
  std::exception_ptr failed_;
  std::string buffer_;
  std::size_t cut_at_ = 0;        ///< the size at which the buffer goes to the helper
  std::uint64_t number_ = 1;      ///< of the part at hand, or the next one
  std::uint64_t part_bytes_ = 0;  ///< of the part at hand, handed over
  std::optional<MonotonicTime> part_began_;
  std::vector<Whole> rolled_;  ///< parts that were handed over since the last stage()
  std::deque<Rest> rests_;
  bool staging_under_way_ = false;  ///< parts of sealed_ are not known to be durable
  std::vector<Sealed> sealed_;
};

}  // namespace weir::connectors
