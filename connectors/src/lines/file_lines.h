#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "weir/connectors/lines/file_name.h"
#include "weir/connectors/lines/line_splitter.h"
#include "weir/core/blocking_call.h"
#include "weir/core/operator.h"
#include "weir/core/source.h"

#include "lines/file_chunks.h"

namespace weir::connectors {

/// The lines of one file, read a chunk ahead. Thread: task thread only.
class FileLines {
 public:
  enum class Next {
    kLine,      ///< in line()
    kChunkEnd,  ///< a chunk is used up: time to turn to another file
    kWait,      ///< nothing yet: the task is notified when there is
    kEnd,       ///< nothing will come
  };

  /// Starts to read where the split's position says; a file that was read to its end is not touched.
  /// Errors: as decode_lines_position().
  FileLines(const std::string& path, const Split& split, std::size_t max_line, std::size_t chunk,
            const OperatorContext& context);

  /// Goes on. Errors: those of FileChunks, and of lines too long.
  Next next();

  /// Valid until the next call of next().
  const LineSplitter::Line& line() const { return line_; }

  FileName file() const { return file_; }

  /// Behind the last line.
  std::string position() const;

 private:
  void read_ahead();

  Host& host_;
  FileName file_;
  std::string begun_at_;  ///< the split's position
  LineSplitter splitter_;
  LineSplitter::Line line_{};
  std::shared_ptr<FileChunks> chunks_;  ///< a helper thread's while `call_` is under way
  BlockingCall call_;
  LinesPosition known_;    ///< of what the splitter has got; its offset and lines are the splitter's
  bool anything_ = false;  ///< the splitter has got something: known_ counts
  bool all_read_ = false;  ///< no chunk is to come
  bool in_chunk_ = false;  ///< the splitter may have a line
  bool ended_ = false;     ///< the splitter knows that it has got all
};

}  // namespace weir::connectors
