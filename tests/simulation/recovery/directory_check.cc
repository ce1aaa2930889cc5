#include "recovery/directory_check.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "weir/checkpoint/inspect.h"
#include "weir/checkpoint/layout.h"

namespace weir::tests {

namespace {

using checkpoint::CheckpointName;
using checkpoint::InspectedJob;

/// The newest manifests of the job, so many, the files that they lead to, and the log from the oldest of them on.
std::set<std::string> reachable(sim::World& world, const InspectedJob& job, std::size_t newest) {
  const checkpoint::Layout layout(job.directory);
  std::set<std::string> files{layout.lock()};
  const std::size_t all = job.checkpoints.size();
  for (std::size_t i = all - std::min(all, newest); i < all; ++i) {
    const checkpoint::InspectedCheckpoint& at = job.checkpoints[i];
    files.insert(layout.absolute(checkpoint::Layout::manifest(at.name)));
    for (const OperatorSnapshot& snapshot : at.manifest->operators)
      if (snapshot.keyed)
        for (const StoredFile& file : snapshot.keyed->files) files.insert(layout.absolute(file.path));
  }
  const std::uint64_t oldest = newest == 0 || all == 0 ? 0 : job.checkpoints[all - std::min(all, newest)].log_index;
  for (const std::string& path : world.disk().list_recursive(layout.log())) {
    const auto index = checkpoint::parse_number(path.substr(path.rfind('/') + 1));
    if (index && *index >= oldest) files.insert(path);
  }
  return files;
}

/// The same if the newest checkpoint had not replaced anything yet.
std::set<std::string> reachable_before(sim::World& world, InspectedJob job, std::size_t newest) {
  if (!job.checkpoints.empty()) job.checkpoints.pop_back();
  return reachable(world, job, newest);
}

/// Whether a file was written for a checkpoint behind the newest completed one.
bool is_of_unfinished(const InspectedJob& job, const std::string& path) {
  const CheckpointName newest = job.checkpoints.empty() ? CheckpointName{} : job.checkpoints.back().name;
  const std::string relative = path.substr(job.directory.size() + 1);
  const std::size_t slash = relative.find('/');
  const std::string name = relative.substr(slash + 1);
  const auto of = relative.starts_with("chk/")      ? checkpoint::parse_checkpoint_name(name.substr(0, name.find('/')))
                  : relative.starts_with("shared/") ? checkpoint::parse_state_file_name(name)
                                                    : std::nullopt;
  return of && *of > newest;
}

}  // namespace

std::string unreachable_file(sim::World& world, const std::string& directory, std::uint32_t retained, AfterJob after) {
  if (world.disk().list_recursive(directory).empty()) return "";
  const std::vector<DirectoryEntry> jobs = world.disk().list(directory);
  if (jobs.size() != 1) return fmt::format("one of {} directories in {}", jobs.size(), directory);
  const InspectedJob job =
      checkpoint::inspect_job(world, directory + "/" + jobs.front().name, checkpoint::Depth::kNames);
  if (job.damaged()) return fmt::format("{}, which is damaged,", job.directory);
  std::set<std::string> files = reachable(world, job, retained);
  if (after == AfterJob::kCancelled) files.merge(reachable_before(world, job, retained));
  for (const std::string& path : world.disk().list_recursive(directory)) {
    if (files.contains(path)) continue;
    if (after == AfterJob::kCancelled && is_of_unfinished(job, path)) continue;
    return path;
  }
  return "";
}

}  // namespace weir::tests
