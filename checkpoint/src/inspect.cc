#include "weir/checkpoint/inspect.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "weir/checkpoint/history.h"
#include "weir/checkpoint/log.h"
#include "weir/checkpoint/store.h"
#include "weir/core/error.h"
#include "weir/core/file_tools.h"
#include "weir/core/hash.h"

#include "lock_holder.h"
#include "lost_log.h"
#include "sealed_file.h"

namespace weir::checkpoint {
namespace {

class Inspection {
 public:
  Inspection(Host& host, const std::string& directory, Depth depth)
      : host_(host), depth_(depth), log_(host, Layout(directory)), store_(host, Layout(directory)) {
    result_.directory = directory;
  }

  InspectedJob run() {
    const bool checkpoints = store_.highest_checkpoint() > 0;  // before the log, which comes first in a running job
    const History history = read_log();
    if (checkpoints && log_.end() == 0) result_.problems.push_back(lost_log(store_.layout()));
    for (const History::CompletedAt& at : history.completed) {
      InspectedCheckpoint checkpoint = look_at(at);
      // A running job may have retired it meanwhile.
      if (checkpoint.problems.empty() || host_.files().exists(store_.layout().log_entry(at.index)))
        result_.checkpoints.push_back(std::move(checkpoint));
    }
    if (history.lost)
      result_.problems.push_back(
          fmt::format("{}: the log says that the job went on from checkpoint {}, which it does "
                      "not name as completed any more",
                      store_.layout().log(), to_string(*history.lost)));
    result_.finished = history.finished;
    if (host_.files().exists(store_.layout().lock())) result_.holder = lock_holder(host_.files(), store_.layout());
    return std::move(result_);
  }

 private:
  History read_log() {
    std::vector<LogEntry> entries;
    for (const std::uint64_t index : log_.indices()) {
      try {
        LogEntry entry = log_.read(index);
        count(store_.layout().log_entry(index));
        if (!entries.empty() && entry.job != entries.front().job)
          result_.problems.push_back(
              fmt::format("{} belongs to another job than the entries before it", store_.layout().log_entry(index)));
        note(entry);
        entries.push_back(std::move(entry));
      } catch (const ExternalError&) {
        if (host_.files().exists(store_.layout().log_entry(index))) throw;
      } catch (const Error& error) {
        result_.problems.emplace_back(error.what());
      }
    }
    if (!entries.empty()) job_hash_ = entries.front().job;
    return read_history(entries);
  }

  void note(const LogEntry& entry) {
    if (const auto* born = std::get_if<Born>(&entry.what)) result_.job = born->job;
    if (std::holds_alternative<Takeover>(entry.what)) result_.generation = entry.index;
    if (const auto* completed = std::get_if<Completed>(&entry.what))
      result_.generation = completed->checkpoint.generation.value();
  }

  InspectedCheckpoint look_at(const History::CompletedAt& at) {
    const Completed& completed = at.completed;
    InspectedCheckpoint checkpoint{completed.checkpoint, at.index, nullptr, {}};
    try {
      checkpoint.manifest =
          std::make_shared<const Manifest>(store_.read_manifest({completed.manifest, completed.size, completed.hash}));
      count(store_.layout().absolute(completed.manifest));
    } catch (const ExternalError&) {
      if (host_.files().exists(store_.layout().absolute(completed.manifest))) throw;
      checkpoint.problems.push_back(store_.layout().absolute(completed.manifest) + " is missing");
      return checkpoint;
    } catch (const Error& error) {
      checkpoint.problems.emplace_back(error.what());
      return checkpoint;
    }
    const Manifest& manifest = *checkpoint.manifest;
    if (hash128(manifest.job) != job_hash_)
      checkpoint.problems.push_back(fmt::format("{} is of job '{}', and the log is of another",
                                                store_.layout().absolute(completed.manifest), manifest.job));
    result_.job = manifest.job;
    if (depth_ == Depth::kNames) {
      if (std::string problem = store_.first_problem(manifest); !problem.empty())
        checkpoint.problems.push_back(std::move(problem));
      return checkpoint;
    }
    for (const OperatorSnapshot& snapshot : manifest.operators)
      if (snapshot.keyed)
        for (const StoredFile& file : snapshot.keyed->files)
          if (const std::string& problem = verify(file); !problem.empty()) checkpoint.problems.push_back(problem);
    return checkpoint;
  }

  /// Every file is read once, however many checkpoints name it.
  const std::string& verify(const StoredFile& file) {
    const auto [known, added] = verified_.try_emplace({file.path, file.hash.low ^ file.hash.high});
    if (!added) return known->second;
    try {
      store_.verify(file);
      ++result_.files;
      result_.bytes += file.size;
    } catch (const CorruptionError& error) {
      known->second = error.what();
    }
    return known->second;
  }

  void count(const std::string& path) {
    ++result_.files;
    result_.bytes += host_.files().open_for_read(path)->size();
  }

  Host& host_;
  const Depth depth_;
  const Log log_;
  const Store store_;
  Hash128 job_hash_{};
  std::map<std::pair<std::string, std::uint64_t>, std::string> verified_;  ///< what is wrong with a file
  InspectedJob result_;
};

}  // namespace

bool InspectedJob::damaged() const {
  return !problems.empty() || std::any_of(checkpoints.begin(), checkpoints.end(),
                                          [](const InspectedCheckpoint& it) { return !it.problems.empty(); });
}

std::vector<std::string> find_jobs(Host& host, const std::string& path) {
  FileSystem& files = host.files();
  const auto is_job = [&](const std::string& directory) { return files.exists(directory + "/log"); };
  std::string root = path;
  while (root.size() > 1 && root.ends_with('/')) root.pop_back();
  if (!files.exists(root)) throw UsageError("there is no directory " + root);
  if (is_job(root)) return {root};
  std::vector<std::string> jobs;
  for (const DirectoryEntry& entry : files.list(root))
    if (entry.type == FileType::kDirectory && is_job(root + "/" + entry.name)) jobs.push_back(root + "/" + entry.name);
  if (jobs.empty())
    throw UsageError(fmt::format("{} is no checkpoint directory: neither it nor a directory in it has a log", root));
  return jobs;
}

InspectedJob inspect_job(Host& host, const std::string& directory, Depth depth) {
  return Inspection(host, directory, depth).run();
}

}  // namespace weir::checkpoint
