#include "weir/connectors/files/staged_part.h"

#include <fmt/format.h>

#include "weir/core/error.h"

namespace weir::connectors {

namespace {

void deliver_one(FileSystem& files, const StagedPart& part) {
  const bool staged = files.exists(part.staged);
  const bool final = files.exists(part.final);
  if (staged && final)
    throw ExternalError(
        fmt::format("cannot deliver '{}': '{}' is there already, written by something else; move it away, "
                    "then rename the first to the second",
                    part.staged, part.final),
        Retry::kNo);
  if (staged) {
    files.rename(part.staged, part.final);
  } else if (!final) {
    throw CorruptionError(
        fmt::format("output is lost: neither the staged file '{}' nor '{}', which it was to become, is there",
                    part.staged, part.final));
  }
}

}  // namespace

void deliver(Host& host, const std::string& directory, const std::vector<StagedPart>& parts) {
  if (parts.empty()) return;
  for (const StagedPart& part : parts) {
    host.crash_point("file sink: deliver");
    deliver_one(host.files(), part);
  }
  host.crash_point("file sink: sync delivered names");
  host.files().sync_directory(directory);
  host.crash_point("file sink: delivered");
}

void remove_empty_staging(FileSystem& files, const std::string& directory) {
  const std::string staging = fmt::format("{}/{}", directory, kStagingFolder);
  try {
    if (files.exists(staging) && files.list(staging).empty()) files.remove(staging);
  } catch (const ExternalError&) {
    // Another subtask may have removed it, or put something there, in between.
    if (files.exists(staging) && files.list(staging).empty()) throw;
  }
}

}  // namespace weir::connectors
