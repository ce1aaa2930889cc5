#include "files/output_directory.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "weir/connectors/files/staged_part.h"
#include "weir/core/error.h"

namespace weir::connectors {

namespace {

std::string staging_of(std::string_view directory) { return fmt::format("{}/{}", directory, kStagingFolder); }

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

void refuse_if_not_empty(FileSystem& files, const FilesOptions& options) {
  const std::string& directory = options.directory;
  if (!files.exists(directory)) return;
  const auto entries = files.list(directory);
  if (entries.empty()) return;
  const std::string_view what =
      entries.front().name == kStagingFolder ? " (output of a run that did not end, or still runs)" : "";
  const std::string more = entries.size() == 1 ? "" : fmt::format(" and {} more", entries.size() - 1);
  throw UserError(
      fmt::format("the {} directory '{}' is not empty: it holds '{}'{}{}; name another directory, or remove this one",
                  options.role, directory, entries.front().name, what, more));
}

void refuse_inside_another(FileSystem& files, const FilesOptions& options) {
  const std::string& directory = options.directory;
  for (std::string at = directory; at != "." && at != "/";) {
    at = parent_of(at);
    if (!files.exists(staging_of(at))) continue;
    throw UserError(
        fmt::format("the {} directory '{}' lies inside '{}', into which another sink, of this job or another, writes "
                    "('{}' is there): name a directory outside of it",
                    options.role, directory, at, staging_of(at)));
  }
}

/// Removes what has a staged name of this sink and is not in `keep`.
template <class Before>
void remove_staged(FileSystem& files, const FilesOptions& options, const std::set<std::string, std::less<>>& keep,
                   Before before) {
  const std::string staging = staging_of(options.directory);
  for (const DirectoryEntry& entry : files.list(staging)) {
    if (entry.type != FileType::kFile || !is_staged_name(entry.name, options.prefix)) continue;
    if (keep.contains(entry.name)) continue;
    before();
    files.remove(fmt::format("{}/{}", staging, entry.name));
  }
}

void remove_staged(FileSystem& files, const FilesOptions& options) {
  remove_staged(files, options, {}, [] {});
}

/// The name of a delivered part, if there is one.
std::optional<std::string> visible_part(FileSystem& files, const FilesOptions& options) {
  if (!files.exists(options.directory)) return std::nullopt;
  for (const DirectoryEntry& entry : files.list(options.directory)) {
    if (is_final_name(entry.name, options.prefix)) return entry.name;
  }
  return std::nullopt;
}

}  // namespace

void prepare_first(FileSystem& files, const FilesOptions& options) {
  refuse_inside_another(files, options);
  refuse_if_not_empty(files, options);
  try {
    make_durably(files, staging_of(options.directory));
  } catch (const ExternalError&) {
    // The next attempt must not find the directory taken.
    remove_empty_staging(files, options.directory);
    throw;
  }
}

void prepare_again(FileSystem& files, const FilesOptions& options) {
  const std::string staging = staging_of(options.directory);
  // Staged files first: work of the earlier attempt that is still under way cannot deliver what is gone.
  const bool prepared = files.exists(staging);
  if (prepared) remove_staged(files, options);
  const auto part = visible_part(files, options);
  if (part && !options.deliver_when_rolled) {
    throw ExternalError(
        fmt::format(
            "the job failed while it delivered its output: '{}/{}' is there, other parts are not, and a restart "
            "would write its records again; remove the directory and run the job anew",
            options.directory, *part),
        Retry::kNo);
  }
  if (!prepared && !part) return prepare_first(files, options);
  make_durably(files, staging);
}

void recover_staged(Host& host, const FilesOptions& options, const StagedOutputs& keep) {
  std::set<std::string, std::less<>> names;
  for (const StagedOutput& output : keep)
    names.insert(from_handle(output.handle).staged.substr(kStagingFolder.size() + 1));
  make_durably(host.files(), staging_of(options.directory));
  remove_staged(host.files(), options, names, [&host] { host.crash_point("file sink: remove staged"); });
}

void finish_staging(FileSystem& files, const FilesOptions& options) {
  if (files.exists(staging_of(options.directory))) remove_staged(files, options);
  remove_empty_staging(files, options.directory);
}

void abandon_staged(FileSystem& files, const FilesOptions& options) {
  const std::string staging = staging_of(options.directory);
  if (!files.exists(staging)) return;
  if (!options.deliver_when_rolled && visible_part(files, options)) return;
  remove_staged(files, options);
  remove_empty_staging(files, options.directory);
}

}  // namespace weir::connectors
