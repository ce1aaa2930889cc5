#include "weir/connectors/files/staged_part.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "weir/core/error.h"

namespace weir::connectors {

namespace {

constexpr std::size_t kWriterDigits = 16;

/// Takes "-<digits>-<digits>" off the front. False: something else stands there.
bool take_numbering(std::string_view& text) {
  for (int i = 0; i < 2; ++i) {
    if (!text.starts_with('-')) return false;
    text.remove_prefix(1);
    const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
    if (digits == 0) return false;
    text.remove_prefix(digits);
  }
  return true;
}

/// Takes "<prefix>-<digits>-<digits>" off the front.
bool take_final_name(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return take_numbering(text);
}

bool is_plain_name(std::string_view name) {
  return !name.empty() && !name.starts_with('.') && name.find('/') == std::string_view::npos;
}

/// Nothing, or "<TAB><size>". False: something else.
bool take_size(std::string_view text, std::optional<std::uint64_t>& size) {
  if (text.empty()) return true;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data() + 1, end, size.emplace());
  return error == std::errc() && stopped == end;
}

enum class Where : bool { kStaged, kDelivered };

/// Errors: as deliver().
Where find(FileSystem& files, const std::string& staged, const std::string& final) {
  const bool is_staged = files.exists(staged);
  const bool is_final = files.exists(final);
  if (is_staged && is_final)
    throw ExternalError(
        fmt::format("cannot deliver '{}': '{}' is there already, written by something else: move it away, then run the "
                    "job again (or rename the first to the second)",
                    staged, final),
        Retry::kNo);
  if (!is_staged && !is_final)
    throw CorruptionError(
        fmt::format("output is lost: neither the staged file '{}' nor '{}', which it was to become, is there: put one "
                    "of them back (if a reader has taken the second away, an empty file of that name will do)",
                    staged, final));
  return is_staged ? Where::kStaged : Where::kDelivered;
}

/// Whether it is staged, and whole. Errors: as deliver().
bool is_to_rename(FileSystem& files, const std::string& staged, const std::string& final, const StagedPart& part) {
  if (find(files, staged, final) == Where::kDelivered) return false;
  if (!part.size) return true;
  std::uint64_t size = 0;
  try {
    size = files.open_for_read(staged)->size();
  } catch (const ExternalError&) {
    // A process that was overtaken may have delivered it in between.
    if (find(files, staged, final) == Where::kStaged) throw;
    return false;
  }
  if (size != *part.size)
    throw CorruptionError(fmt::format(
        "output is damaged: the staged file '{}', which is to become '{}', has {} bytes, but {} were written: "
        "put it back as it was",
        staged, final, size, *part.size));
  return true;
}

/// Errors: as deliver().
void rename_once(FileSystem& files, const std::string& from, const std::string& to) {
  try {
    files.rename(from, to);
  } catch (const ExternalError&) {
    // A process that was overtaken may have been faster by a hair, with the same parts.
    if (find(files, from, to) == Where::kStaged) throw;
  }
}

}  // namespace

StagedPart name_part(std::string_view prefix, SubtaskIndex subtask, std::uint64_t number, std::uint64_t writer) {
  const std::string final = fmt::format("{}-{}-{}", prefix, subtask.value() + 1, number);
  return {fmt::format("{}/{}.{:016x}", kStagingFolder, final, writer), final};
}

bool is_staged_name(std::string_view name, std::string_view prefix) {
  return take_final_name(name, prefix) && name.size() == kWriterDigits + 1 && name.starts_with('.') &&
         name.find_first_not_of("0123456789abcdef", 1) == std::string_view::npos;
}

bool is_final_name(std::string_view name, std::string_view prefix) {
  return take_final_name(name, prefix) && name.empty();
}

std::string to_handle(const StagedPart& part) {
  std::string handle = fmt::format("{}\t{}", part.staged, part.final);
  if (part.size) handle += fmt::format("\t{}", *part.size);
  return handle;
}

StagedPart from_handle(const std::string& handle) {
  const std::size_t tab = handle.find('\t');
  const std::string folder = fmt::format("{}/", kStagingFolder);
  if (tab != std::string::npos && handle.starts_with(folder)) {
    const std::size_t end = std::min(handle.find('\t', tab + 1), handle.size());
    StagedPart part{handle.substr(0, tab), handle.substr(tab + 1, end - tab - 1)};
    if (is_plain_name(std::string_view(part.staged).substr(folder.size())) && is_plain_name(part.final) &&
        take_size(std::string_view(handle).substr(end), part.size))
      return part;
  }
  throw CorruptionError(fmt::format("'{}' names no staged output of a file sink, as '{}' would", handle,
                                    to_handle(name_part("part", SubtaskIndex(0), 7, 255))));
}

void deliver(Host& host, const std::string& directory, const std::vector<StagedPart>& parts) {
  if (parts.empty()) return;
  struct Rename {
    std::string from;
    std::string to;
  };
  std::vector<Rename> to_rename;
  for (const StagedPart& part : parts) {
    Rename rename{fmt::format("{}/{}", directory, part.staged), fmt::format("{}/{}", directory, part.final)};
    if (is_to_rename(host.files(), rename.from, rename.to, part)) to_rename.push_back(std::move(rename));
  }
  for (const Rename& rename : to_rename) {
    host.crash_point("file sink: deliver");
    rename_once(host.files(), rename.from, rename.to);
  }
  // Even if nothing was left to rename: who did it may have died before this.
  host.crash_point("file sink: sync delivered names");
  host.files().sync_directory(directory);
  host.crash_point("file sink: delivered");
}

void remove_empty_staging(FileSystem& files, const std::string& directory) {
  // What stays keeps later jobs from the directory: it is worth another try.
  constexpr int kTries = 3;
  const std::string staging = fmt::format("{}/{}", directory, kStagingFolder);
  for (int left = kTries - 1;; --left) {
    try {
      if (files.exists(staging) && files.list(staging).empty()) files.remove(staging);
      return;
    } catch (const ExternalError&) {
      // Another subtask may have removed it, or put something there, in between.
      if (left == 0 && files.exists(staging) && files.list(staging).empty()) throw;
      if (left == 0) return;
    }
  }
}

}  // namespace weir::connectors
