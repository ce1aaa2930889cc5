#include "weir/connectors/files/files.h"

#include <fmt/format.h>

#include "weir/core/error.h"

#include "files/output_directory.h"

namespace weir::connectors {

FileSinkBase::FileSinkBase(FilesOptions options) : options_(std::move(options)) {
  while (options_.directory.size() > 1 && options_.directory.ends_with('/')) options_.directory.pop_back();
  if (options_.directory.empty()) throw UsageError("the file sink has no output directory: name one");
  const std::string& prefix = options_.prefix;
  if (prefix.empty() || prefix.starts_with('.') || prefix.find('/') != std::string::npos)
    throw UsageError(
        fmt::format("file names cannot begin with '{}': give a prefix without '/' and without '.' in front", prefix));
  if (options_.max_bytes == 0) throw UsageError("parts of 0 bytes hold nothing: give a limit above 0");
}

void FileSinkBase::prepare(Host& host, bool first) const {
  if (first) {
    prepare_first(host.files(), options_);
  } else {
    prepare_again(host.files(), options_);
  }
}

void FileSinkBase::abandon(Host& host) const { abandon_staged(host.files(), options_); }

}  // namespace weir::connectors
