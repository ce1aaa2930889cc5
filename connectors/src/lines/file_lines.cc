#include "lines/file_lines.h"

#include <utility>

#include <fmt/format.h>

#include "weir/connectors/position.h"
#include "weir/core/error.h"

namespace weir::connectors {

namespace {

LineSplitter::Options cutting(const std::string& path, const Split& split, std::size_t max_line) {
  const auto position = decode_position(split, 2);
  LineSplitter::Options cutting;
  cutting.where = fmt::format("file '{}'", path);
  cutting.max_line = max_line;
  cutting.offset = position[0];
  cutting.lines = position[1];
  return cutting;
}

}  // namespace

FileLines::FileLines(const std::string& path, const Split& split, std::size_t max_line, std::size_t chunk,
                     const OperatorContext& context)
    : host_(*context.host), file_(path), splitter_(cutting(path, split, max_line)), read_(std::make_shared<Read>()) {
  read_->path = path;
  read_->offset = splitter_.offset();
  read_->chunk = chunk;
  call_.open(host_, context.notifier);
  read_ahead();
}

void FileLines::Read::run(FileSystem& files) {
  if (file == nullptr) {
    file = files.open_for_read(path);
    if (const std::uint64_t size = file->size(); size < offset)
      throw UserError(
          fmt::format("file '{}' has {} bytes, but reading is to go on at byte {}: put the file back as it was", path,
                      size, offset));
  }
  bytes.resize(chunk);
  bytes.resize(file->read_at(offset, bytes.data(), chunk));
  offset += bytes.size();
  end = bytes.size() < chunk;
  if (end) file.reset();
}

void FileLines::read_ahead() {
  call_.start([read = read_, &files = host_.files()] { read->run(files); });
}

FileLines::Next FileLines::next() {
  if (!in_chunk_) {
    if (!call_.ready()) return Next::kWait;
    if (read_->end && read_->bytes.empty()) {
      splitter_.end();
      ended_ = true;
    } else {
      splitter_.feed(std::exchange(read_->bytes, {}));
      if (!read_->end) read_ahead();
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

std::string FileLines::position() const { return encode_position({splitter_.offset(), splitter_.lines()}); }

}  // namespace weir::connectors
