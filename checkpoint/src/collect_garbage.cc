#include "weir/checkpoint/collect_garbage.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "weir/checkpoint/inspect.h"
#include "weir/checkpoint/log.h"
#include "weir/checkpoint/store.h"
#include "weir/core/error.h"
#include "weir/core/file_tools.h"

#include "lock_holder.h"

namespace weir::checkpoint {
namespace {

std::uint64_t bytes_below(FileSystem& files, const std::string& path) {
  const std::size_t slash = path.rfind('/');
  const auto siblings = files.list(path.substr(0, slash));
  const auto self = std::find_if(siblings.begin(), siblings.end(),
                                 [&](const DirectoryEntry& entry) { return entry.name == path.substr(slash + 1); });
  if (self == siblings.end()) return 0;
  if (self->type != FileType::kDirectory) return self->size;
  std::uint64_t bytes = 0;
  for (const DirectoryEntry& entry : files.list(path)) bytes += bytes_below(files, path + "/" + entry.name);
  return bytes;
}

Retention retention_of(const InspectedJob& job) {
  Retention retention;
  for (const InspectedCheckpoint& checkpoint : job.checkpoints) {
    if (checkpoint.manifest == nullptr) throw CorruptionError(checkpoint.problems.front());
    retention.manifests.push_back(checkpoint.manifest);
  }
  if (!job.problems.empty()) throw CorruptionError(job.problems.front());
  // No process runs the job: nothing is under way.
  retention.over_up_to = {GenerationId(std::numeric_limits<GenerationId::rep>::max()),
                          CheckpointId(std::numeric_limits<CheckpointId::rep>::max())};
  return retention;
}

}  // namespace

Garbage collect_garbage(Host& host, const std::string& directory, const std::string& holder, Collect what) {
  FileSystem& files = host.files();
  const Layout layout(directory);
  // No job has run in a savepoint. It holds what it needs and no more, and must look as it did: it can be claimed.
  if (!files.exists(layout.lock())) return {};
  const std::unique_ptr<FileLock> lock = files.try_lock(layout.lock(), holder);
  if (lock == nullptr)
    throw UserError(fmt::format("{} is held by {}: a job that runs removes by itself what it does not need", directory,
                                lock_holder(files, layout)));
  const Store store(host, layout);
  const std::vector<std::string> names = store.garbage(retention_of(inspect_job(host, directory, Depth::kNames)));
  Garbage garbage;
  for (const std::string& name : names) garbage.paths.push_back(layout.absolute(name));
  if (files.exists(layout.local()))
    for (const DirectoryEntry& entry : files.list(layout.local()))
      garbage.paths.push_back(layout.local() + "/" + entry.name);
  for (const std::string& path : garbage.paths) garbage.bytes += bytes_below(files, path);
  if (what == Collect::kRemove) {
    store.remove(names);
    if (files.exists(layout.local())) remove_tree(files, layout.local());
    Log(host, layout).remove_leftovers(std::numeric_limits<std::uint64_t>::max());
  }
  return garbage;
}

}  // namespace weir::checkpoint
