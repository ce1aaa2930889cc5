#include "weir/connectors/lines/lines.h"

#include <utility>

#include "weir/core/check.h"
#include "weir/core/error.h"

#include "lines/directory_enumerator.h"
#include "lines/lines_reader.h"

namespace weir::connectors {

namespace {

class LinesSource final : public Source {
 public:
  explicit LinesSource(LinesOptions options) : options_(std::move(options)) {}

  bool bounded() const override { return true; }
  bool replayable() const override { return true; }
  std::unique_ptr<SplitEnumerator> make_enumerator() const override {
    return std::make_unique<DirectoryEnumerator>(options_.directory);
  }
  std::unique_ptr<SourceReader> make_reader() const override { return std::make_unique<LinesReader>(options_); }

 private:
  LinesOptions options_;
};

}  // namespace

std::shared_ptr<const Source> lines(LinesOptions options) {
  while (options.directory.size() > 1 && options.directory.ends_with('/')) options.directory.pop_back();
  if (options.directory.empty())
    throw UsageError("lines() has no input directory: its name is empty; give the directory to read");
  WEIR_CHECK(options.chunk > 0 && options.open_files > 0, options.chunk, options.open_files);
  return std::make_shared<LinesSource>(std::move(options));
}

}  // namespace weir::connectors
