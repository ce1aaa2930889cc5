#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "weir/core/blocking_call.h"
#include "weir/connectors/lines/file_name.h"
#include "weir/connectors/lines/line_splitter.h"
#include "weir/core/operator.h"
#include "weir/core/source.h"

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

  /// Starts to read. `position` as in position().
  FileLines(const std::string& path, const Split& split, std::size_t max_line, std::size_t chunk,
            const OperatorContext& context);

  /// Goes on. Errors: those of the file, and of lines too long.
  Next next();

  /// Valid until the next call of next().
  const LineSplitter::Line& line() const { return line_; }

  FileName file() const { return file_; }

  /// Behind the last line.
  std::string position() const;

 private:
  /// What the helper thread reads into; the task's only while nothing is under way.
  struct Read {
    std::string path;
    std::unique_ptr<File> file;
    std::uint64_t offset = 0;
    std::size_t chunk = 0;
    std::string bytes;
    bool end = false;

    void run(FileSystem& files);
  };

  void read_ahead();

  Host& host_;
  FileName file_;
  LineSplitter splitter_;
  LineSplitter::Line line_{};
  std::shared_ptr<Read> read_;
  BlockingCall call_;
  bool in_chunk_ = false;  ///< the splitter may have a line
  bool ended_ = false;     ///< the splitter has got all
};

}  // namespace weir::connectors
