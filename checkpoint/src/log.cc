#include "weir/checkpoint/log.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "weir/core/check.h"
#include "weir/core/file_tools.h"

#include "sealed_file.h"

namespace weir::checkpoint {
namespace {

constexpr std::uint64_t kMaxEntryBytes = 1 << 20;
constexpr std::string_view kTemporary = ".new-";

}  // namespace

Log::Log(Host& host, Layout layout, std::string job)
    : host_(host), layout_(std::move(layout)), job_(std::move(job)), job_hash_(hash128(job_)) {}

std::vector<std::uint64_t> Log::indices() const {
  std::vector<std::uint64_t> indices;
  if (!host_.files().exists(layout_.log())) return indices;
  for (const DirectoryEntry& entry : host_.files().list(layout_.log()))
    if (const auto index = parse_number(entry.name)) indices.push_back(*index);
  std::sort(indices.begin(), indices.end());
  return indices;
}

std::uint64_t Log::end() const {
  const std::vector<std::uint64_t> there = indices();
  return there.empty() ? 0 : there.back() + 1;
}

LogEntry Log::read(std::uint64_t index) const {
  const std::string path = layout_.log_entry(index);
  LogEntry entry = decode_log_entry(read_whole(host_.files(), path, kMaxEntryBytes), path);
  if (entry.index != index)
    throw CorruptionError(fmt::format("{} is not where it belongs: it was written as entry {}", path, entry.index));
  if (job_hash_ && entry.job != *job_hash_) {
    const auto* born = std::get_if<Born>(&entry.what);
    throw UserError(fmt::format("{} belongs to another job{}, not to '{}': give each job a directory of its own", path,
                                born == nullptr ? "" : ", '" + born->job + "'", job_));
  }
  return entry;
}

std::vector<LogEntry> Log::read_all() const {
  std::vector<LogEntry> entries;
  for (const std::uint64_t index : indices()) {
    try {
      entries.push_back(read(index));
    } catch (const ExternalError&) {
      if (host_.files().exists(layout_.log_entry(index))) throw;
    }
  }
  return entries;
}

SeenLog Log::see_above(std::uint64_t index) const {
  SeenLog seen;
  for (const std::uint64_t present : indices()) {
    SeenEntry entry{present, WriterId{}};
    if (present > index) {
      try {
        entry.writer = read(present).writer;
      } catch (const ExternalError&) {
        // Retired since it was listed: nobody's that matters, and certainly not one's own.
        if (host_.files().exists(layout_.log_entry(present))) throw;
      }
    }
    seen.push_back(entry);
  }
  return seen;
}

bool Log::append(LogStanding& standing, decltype(LogEntry::what) what, const AppendPoints& points) const {
  WEIR_CHECK(job_hash_, "a log that is only read");
  const bool takeover = std::holds_alternative<Takeover>(what);
  WEIR_CHECK(takeover != standing.takeover.has_value() || std::holds_alternative<Born>(what));
  FileSystem& files = host_.files();
  const SeenLog seen = see_above(standing.takeover ? standing.last : ~std::uint64_t{0});
  const AppendDecision decision = decide_append(seen, standing);
  if (decision.fenced) throw FencedError(fenced_message(seen));

  const std::uint64_t index = decision.index;
  const std::string path = layout_.log_entry(index);
  const std::string temporary =
      fmt::format("{}/{}{}-{:016x}", layout_.log(), kTemporary, index, standing.writer.value());
  files.remove(temporary);
  write_synced(host_, temporary, encode_log_entry({index, *job_hash_, standing.writer, std::move(what)}), {},
               points.written);
  LinkResult linked{};
  try {
    linked = files.link(temporary, path);
    if (linked == LinkResult::kLinked) {
      if (!points.linked.empty()) host_.crash_point(points.linked);
      files.remove(temporary);
      files.sync_directory(layout_.log());
      if (!points.synced.empty()) host_.crash_point(points.synced);
      if (!stands(see_above(index), index, standing.writer)) throw FencedError(fenced_message(see_above(index)));
    }
  } catch (const FencedError&) {
    throw;
  } catch (const Error& error) {
    throw OutcomeUnknown(fmt::format("whether {} was written is not known: {}", path, error.what()));
  }
  if (linked == LinkResult::kLinked) {
    standing.last = index;
    standing.end = index + 1;
    if (takeover) standing.takeover = index;
    return true;
  }
  files.remove(temporary);
  if (linked == LinkResult::kNotPossible)
    throw ExternalError(fmt::format("{} cannot be linked: a checkpoint directory must lie on a file system that has "
                                    "hard links",
                                    path),
                        Retry::kNo);
  if (standing.takeover) throw FencedError(fenced_message(see_above(standing.last)));
  return false;
}

void Log::require_standing(const LogStanding& standing) const {
  const SeenLog seen = see_above(standing.last);
  if (!may_act(standing) || decide_append(seen, standing).fenced) throw FencedError(fenced_message(seen));
}

void Log::retire(const LogStanding& standing, std::uint64_t oldest_needed) const {
  const SeenLog seen = see_above(standing.last);
  if (!may_act(standing) || decide_append(seen, standing).fenced) throw FencedError(fenced_message(seen));
  const auto indices = retirable(seen, oldest_needed);
  for (const std::uint64_t index : indices) host_.files().remove(layout_.log_entry(index));
  if (!indices.empty()) host_.files().sync_directory(layout_.log());
}

void Log::remove_leftovers(std::uint64_t end) const {
  for (const DirectoryEntry& entry : host_.files().list(layout_.log())) {
    if (!entry.name.starts_with(kTemporary)) continue;
    const std::string_view rest = std::string_view(entry.name).substr(kTemporary.size());
    const auto index = parse_number(rest.substr(0, rest.find('-')));
    if (!index || *index < end) host_.files().remove(layout_.log() + "/" + entry.name);
  }
}

std::string Log::fenced_message(const SeenLog& seen) const {
  std::string who;
  for (auto entry = seen.rbegin(); entry != seen.rend() && who.empty(); ++entry) {
    try {
      const LogEntry other = read(entry->index);
      if (const auto* takeover = std::get_if<Takeover>(&other.what)) who = " (" + takeover->node + ")";
    } catch (const Error&) {
      // It only makes the message nicer.
      break;
    }
  }
  return fmt::format("another process{} has taken over job '{}' in {}: this one stops, its later results do not count",
                     who, job_, layout_.directory());
}

}  // namespace weir::checkpoint
