#include "weir/connectors/files/files.h"

#include <string>
#include <vector>

#include <fmt/format.h>

#include "weir/connectors/files/staged_part.h"
#include "weir/core/error.h"

#include "files/output_directory.h"

namespace weir::connectors {

namespace {

bool lies_in_staging_folder(const std::string& directory) {
  const std::string path = "/" + directory + "/";
  return path.find(fmt::format("/{}/", kStagingFolder)) != std::string::npos;
}

}  // namespace

FileSinkBase::FileSinkBase(FilesOptions options) : options_(std::move(options)) {
  while (options_.directory.size() > 1 && options_.directory.ends_with('/')) options_.directory.pop_back();
  if (options_.directory.empty())
    throw UsageError(fmt::format("a file sink has no {} directory: its name is empty; give one", options_.role));
  if (lies_in_staging_folder(options_.directory))
    throw UsageError(fmt::format("the {} directory '{}' lies in '{}', where file sinks hide their output: name another",
                                 options_.role, options_.directory, kStagingFolder));
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

void FileSinkBase::recover(Host& host, const StagedOutputs& keep) const { recover_staged(host, options_, keep); }

void FileSinkBase::deliver(Host& host, const StagedOutputs& outputs) const {
  std::vector<StagedPart> parts;
  for (const StagedOutput& output : outputs) parts.push_back(from_handle(output.handle));
  connectors::deliver(host, options_.directory, parts);
}

void FileSinkBase::finish(Host& host) const { finish_staging(host.files(), options_); }

void FileSinkBase::abandon(Host& host) const { abandon_staged(host.files(), options_); }

}  // namespace weir::connectors
