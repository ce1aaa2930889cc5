#include "files/output_directory.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "weir/connectors/files/staged_part.h"
#include "weir/core/error.h"

namespace weir::connectors {

namespace {

constexpr std::size_t kIdLength = 16;

std::string staging_of(const FilesOptions& options) { return fmt::format("{}/{}", options.directory, kStagingFolder); }

/// The directory that holds the name of `path`.
std::string parent_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// Makes `path` and what is missing above it, all of it durable.
void make_durably(FileSystem& files, const std::string& path) {
  std::vector<std::string> made;
  for (std::string at = path; at != "." && at != "/" && !files.exists(at); at = parent_of(at)) made.push_back(at);
  files.make_directories(path);
  for (const std::string& directory : made) files.sync_directory(parent_of(directory));
}

/// "-<digits>-<digits>" and nothing else.
bool is_numbering(std::string_view text) {
  for (int i = 0; i < 2; ++i) {
    if (!text.starts_with('-')) return false;
    text.remove_prefix(1);
    const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
    if (digits == 0) return false;
    text.remove_prefix(digits);
  }
  return text.empty();
}

void refuse_if_not_empty(FileSystem& files, const std::string& directory) {
  const auto entries = files.list(directory);
  if (entries.empty()) return;
  const std::string_view what =
      entries.front().name == kStagingFolder ? " (output of a run that did not end, or still runs)" : "";
  const std::string more = entries.size() == 1 ? "" : fmt::format(" and {} more", entries.size() - 1);
  throw UserError(fmt::format(
      "the output directory '{}' is not empty: it holds '{}'{}{}; name another directory, or remove this one",
      directory, entries.front().name, what, more));
}

void remove_staged(FileSystem& files, const std::string& staging) {
  for (const DirectoryEntry& entry : files.list(staging)) {
    if (entry.type == FileType::kFile && is_staged_name(entry.name)) files.remove(staging + "/" + entry.name);
  }
}

/// The name of a delivered part, if there is one.
std::optional<std::string> visible_part(FileSystem& files, const FilesOptions& options) {
  for (const DirectoryEntry& entry : files.list(options.directory)) {
    if (entry.name.starts_with(options.prefix) &&
        is_numbering(std::string_view(entry.name).substr(options.prefix.size())))
      return entry.name;
  }
  return std::nullopt;
}

}  // namespace

bool is_staged_name(std::string_view name) {
  return name.size() > kIdLength && name.find_first_not_of("0123456789abcdef") == kIdLength &&
         is_numbering(name.substr(kIdLength));
}

void prepare_first(FileSystem& files, const FilesOptions& options) {
  if (files.exists(options.directory)) refuse_if_not_empty(files, options.directory);
  make_durably(files, staging_of(options));
}

void prepare_again(FileSystem& files, const FilesOptions& options) {
  make_durably(files, staging_of(options));
  // Staged files first: work of the earlier attempt that is still under way cannot deliver what is gone.
  remove_staged(files, staging_of(options));
  if (options.deliver_when_rolled) return;
  if (const auto part = visible_part(files, options)) {
    throw ExternalError(
        fmt::format(
            "the job failed while it delivered its output: '{}/{}' is there, other parts are not, and a restart "
            "would write its records again; remove the directory and run the job anew",
            options.directory, *part),
        Retry::kNo);
  }
}

void abandon_staged(FileSystem& files, const FilesOptions& options) {
  const std::string staging = staging_of(options);
  if (!files.exists(staging)) return;
  if (!options.deliver_when_rolled && visible_part(files, options)) return;
  remove_staged(files, staging);
  if (files.list(staging).empty()) files.remove(staging);
}

}  // namespace weir::connectors
