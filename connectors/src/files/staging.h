#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "weir/connectors/files/files_options.h"
#include "weir/connectors/files/part_writer.h"
#include "weir/connectors/files/staged_part.h"
#include "weir/core/host.h"

namespace weir::connectors {

/// The part at hand, as a helper thread works on it. Calls block.
class PartWriter::Staging {
 public:
  Staging(const FilesOptions& options, const OperatorContext& context);

  /// What write() is to append; empty afterwards.
  std::string bytes;

  /// Appends `bytes` to part `number`, which it begins if need be, and then may complete it. Does nothing, or undoes
  /// it, once abandoned. Errors: what the file system refuses; the part is of no use then.
  void write(std::uint64_t number, Part part);

  /// The attempt is over: nothing of this must be left by work that is still under way. Thread: any.
  void abandon() { abandoned_.store(true); }

  /// Parts are delivered as they are completed, by write().
  bool delivers_at_once() const { return delivers_at_once_; }

  StagedPart name(std::uint64_t number, std::optional<std::uint64_t> size = std::nullopt) const {
    StagedPart part = name_part(prefix_, subtask_, number, writer_);
    part.size = size;
    return part;
  }

 private:
  void append(std::uint64_t number);
  void complete();
  void begin_part(std::uint64_t number);
  void discard_if_abandoned();
  std::string path(const std::string& name) const { return directory_ + "/" + name; }

  const std::string directory_;
  const std::string prefix_;
  const SubtaskIndex subtask_;
  const std::uint64_t writer_;  ///< of this attempt alone
  const bool delivers_at_once_;
  Host& host_;
  std::atomic<bool> abandoned_{false};
  std::uint64_t taken_ = 0;  ///< numbers of parts that an earlier attempt delivered at once
  StagedPart part_;          ///< at hand, if file_ is open; or the last one
  std::unique_ptr<File> file_;
};

}  // namespace weir::connectors
