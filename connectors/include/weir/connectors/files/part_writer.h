#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "weir/core/blocking_call.h"
#include "weir/connectors/files/files_options.h"
#include "weir/core/operator.h"

namespace weir::connectors {

/// Writes one subtask's bytes into parts: staged files that are delivered later.
///
/// One buffer is filled by the task while another is written by a helper thread. Subtasks and parts count from 1:
/// `<directory>/.weir/<16 hex digits>-<subtask>-<part>` becomes `<directory>/<prefix>-<subtask>-<part>`. Without bytes
/// there are no parts. Errors: ExternalError naming the path, thrown by the call after it became known.
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

  /// True: everything written so far is staged and durable; false: call again after the task was notified.
  bool seal();

  /// True: what was sealed is visible; false: call again after the task was notified.
  bool deliver();

  /// When on_time() is wanted: a part has become too old, or work has ended that may have failed.
  Deadline next_deadline() const;
  void on_time();

 private:
  class Staging;
  enum class Part : bool { kGoesOn, kComplete };

  bool hand_over();
  void start(Part part);
  bool due() const;

  FilesOptions options_;
  Host* host_ = nullptr;
  std::shared_ptr<Staging> staging_;  ///< what helper threads work on; ours only while nothing is under way
  BlockingCall call_;
  std::string buffer_;
  std::size_t cut_at_ = 0;        ///< the size at which the buffer goes to the helper
  std::uint64_t part_bytes_ = 0;  ///< of the current part, handed over
  std::optional<MonotonicTime> part_began_;
  bool delivering_ = false;
};

}  // namespace weir::connectors
