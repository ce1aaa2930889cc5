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
/// Subdirectories, and files whose names begin with '.', are passed over. Every file is a split; its position is a byte
/// offset and a number of lines. A subtask reads its files batch by batch in turn, in an order that does not depend on
/// how fast they are read; of each it holds up to two chunks. One '\r' before a line's end is cut off; a last line
/// without '\n' counts. Bounded, replayable: files must not change while they are read.
/// Errors: ExternalError naming a directory or file that cannot be read; UserError naming a directory that does not
/// exist, what is neither file nor directory in it, a line above max_line, a file that is shorter than the position to
/// go on at.
std::shared_ptr<const Source> lines(LinesOptions options);

}  // namespace weir::connectors
