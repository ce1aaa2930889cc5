#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "weir/connectors/lines/line.h"
#include "weir/core/source.h"

namespace weir::connectors {

/// Which files a lines source reads, and how.
struct LinesOptions {
  std::string directory = {};
  std::size_t max_line = 1024 * 1024;  ///< bytes; a longer line ends the job
  std::size_t chunk = 64 * 1024;       ///< bytes read at once
  std::size_t open_files = 64;         ///< read at the same time by one subtask; the others wait for their turn
};

/// Reads all files of a directory line by line: records of type weir::Line without timestamp.
///
/// Subdirectories, and files whose names begin with '.', are passed over. Every file is a split. A subtask reads its
/// files batch by batch in turn, in an order that does not depend on how fast they are read; of each it holds up to two
/// chunks. One '\r' before a line's end is cut off; a last line without '\n' counts. Bounded, replayable.
///
/// A file is read up to the size that it had when the job found it; what is appended later is not read (a line that was
/// half written then counts as it was). It must not change before it was read to its end. A reader that goes on from a
/// checkpoint knows the file again by its size, its first chunk, and the chunk that was read last; one that was read to
/// its end is not looked at any more and may be gone.
/// Errors: UsageError for a directory without a name; ExternalError naming a directory or file that cannot be read;
/// UserError naming a directory that does not exist, what is neither file nor directory in it, a line above max_line,
/// and, with the place to go on at, a file that is gone, has become shorter or was changed.
std::shared_ptr<const Source> lines(LinesOptions options);

}  // namespace weir::connectors
