#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <vector>

#include "weir/connectors/lines/lines.h"
#include "weir/core/operator.h"
#include "weir/core/source.h"

#include "lines/file_lines.h"

namespace weir::connectors {

/// Reads files in turn, a batch or the rest of a chunk at a time, and waits for the one whose turn it is.
/// Thread: task thread only.
class LinesReader final : public SourceReader {
 public:
  explicit LinesReader(LinesOptions options) : options_(std::move(options)) {}

  void open(const OperatorContext& context) override { context_ = context; }
  void add_split(const Split& split, SplitIndex index) override;
  void no_more_splits() override { no_more_ = true; }
  Poll poll(Outputs& out) override;
  std::vector<Split> splits() const override;

 private:
  struct SplitFile {
    Split split;  ///< its position is kept up to date only while `lines` is null
    SplitIndex index;
    std::unique_ptr<FileLines> lines;  ///< null: not begun, or ended
  };

  void open_files();
  void end_file(Outputs& out);

  LinesOptions options_;
  OperatorContext context_;
  std::vector<SplitFile> files_;
  std::size_t next_to_open_ = 0;
  std::deque<std::size_t> turns_;  ///< files that are read, the next one first
  bool no_more_ = false;
};

}  // namespace weir::connectors
