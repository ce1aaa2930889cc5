#include "lines/lines_reader.h"

#include <utility>

#include "weir/connectors/lines/line.h"

namespace weir::connectors {

void LinesReader::add_split(const Split& split, SplitIndex index) { files_.push_back({split, index, nullptr}); }

Poll LinesReader::poll(Outputs& out) {
  open_files();
  if (turns_.empty()) return no_more_ ? Poll::kExhausted : Poll::kWait;
  const SplitFile& file = files_[turns_.front()];
  FileLines& lines = *file.lines;
  auto& port = out.port<Line>(0);
  port.set_split(file.index);
  while (!port.full()) {
    const FileLines::Next next = lines.next();
    if (next == FileLines::Next::kWait) return Poll::kWait;
    if (next == FileLines::Next::kChunkEnd) break;
    if (next == FileLines::Next::kEnd) {
      end_file(out);
      return Poll::kMore;
    }
    const LineSplitter::Line& line = lines.line();
    port.emit(Line{line.text, lines.file(), line.number, line.offset}, kNoTimestamp);
  }
  turns_.push_back(turns_.front());
  turns_.pop_front();
  return Poll::kMore;
}

void LinesReader::open_files() {
  for (; next_to_open_ < files_.size() && turns_.size() < options_.open_files; ++next_to_open_) {
    SplitFile& file = files_[next_to_open_];
    file.lines = std::make_unique<FileLines>(options_.directory + "/" + file.split.id, file.split, options_.max_line,
                                             options_.chunk, context_);
    turns_.push_back(next_to_open_);
  }
}

void LinesReader::end_file(Outputs& out) {
  SplitFile& file = files_[turns_.front()];
  turns_.pop_front();
  file.split.position = file.lines->position();
  file.lines.reset();
  out.split(file.index, SplitEvent::kFinished);
}

std::vector<Split> LinesReader::splits() const {
  std::vector<Split> splits;
  for (const SplitFile& file : files_)
    splits.push_back(file.lines == nullptr ? file.split : Split{file.split.id, file.lines->position()});
  return splits;
}

}  // namespace weir::connectors
