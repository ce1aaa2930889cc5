#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "weir/core/files.h"

#include "lines/lines_position.h"

namespace weir::connectors {

/// Reads a file chunk by chunk, from a position up to the size that it had when it was found. A file that does not
/// look like it did is not read. Thread: one owner at a time; calls block.
class FileChunks {
 public:
  /// `from` none: from the beginning to the end that the file has when it is opened. Requires: chunk > 0.
  FileChunks(std::string path, const std::optional<LinesPosition>& from, std::size_t chunk);

  /// Reads the next chunk into `bytes`; the first call opens the file, the last one closes it. Requires: !at_end().
  /// Errors: ExternalError of the file system; UserError naming the file and the place to go on at if it has become
  /// shorter, was changed where it was read, is gone, or has bytes although its size is 0.
  void read(FileSystem& files);

  std::string bytes;

  /// All chunks were read.
  bool at_end() const { return known_ && position_.at_end(); }

  /// What is known of the file; the offset is behind the last chunk.
  const LinesPosition& position() const { return position_; }

 private:
  void open(FileSystem& files);
  void check_size(std::uint64_t size) const;
  void check(const FileBlock& block);

  std::string path_;
  std::size_t chunk_;
  bool known_;  ///< position_.size was found
  LinesPosition position_;
  std::unique_ptr<File> file_;
};

}  // namespace weir::connectors
