#include "lines/file_lines.h"

#include <utility>

#include <fmt/format.h>

namespace weir::connectors {

namespace {

LineSplitter::Options cutting(const std::string& path, const LinesPosition& from, std::size_t max_line) {
  LineSplitter::Options cutting;
  cutting.where = fmt::format("file '{}'", path);
  cutting.max_line = max_line;
  cutting.offset = from.offset;
  cutting.lines = from.lines;
  return cutting;
}

}  // namespace

FileLines::FileLines(const std::string& path, const Split& split, std::size_t max_line, std::size_t chunk,
                     const OperatorContext& context)
    : host_(*context.host),
      file_(path),
      begun_at_(split.position),
      splitter_(cutting(path, decode_lines_position(split).value_or(LinesPosition{}), max_line)),
      chunks_(std::make_shared<FileChunks>(path, decode_lines_position(split), chunk)) {
  call_.open(host_, context.notifier);
  all_read_ = chunks_->at_end();
  if (!all_read_) read_ahead();
}

void FileLines::read_ahead() {
  call_.start([chunks = chunks_, &files = host_.files()] { chunks->read(files); });
}

FileLines::Next FileLines::next() {
  if (!in_chunk_) {
    if (!call_.ready()) return Next::kWait;
    if (all_read_) {
      splitter_.end();
      ended_ = true;
    } else {
      splitter_.feed(std::exchange(chunks_->bytes, {}));
      known_ = chunks_->position();
      anything_ = true;
      all_read_ = chunks_->at_end();
      if (!all_read_) read_ahead();
    }
    in_chunk_ = true;
  }
  if (const auto line = splitter_.next()) {
    line_ = *line;
    return Next::kLine;
  }
  if (ended_) return Next::kEnd;
  in_chunk_ = false;
  return Next::kChunkEnd;
}

std::string FileLines::position() const {
  if (!anything_) return begun_at_;
  LinesPosition position = known_;
  position.offset = splitter_.offset();
  position.lines = splitter_.lines();
  return encode(position);
}

}  // namespace weir::connectors
