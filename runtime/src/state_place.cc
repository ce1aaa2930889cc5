#include "state_place.h"

#include <string>

#include <fmt/format.h>

#include "weir/checkpoint/local_leftovers.h"
#include "weir/core/error.h"

namespace weir::runtime {

std::unique_ptr<FileLock> take_state_place(Host& host, const checkpoint::Layout& place,
                                           const checkpoint::Options& options, GenerationId generation) {
  FileSystem& files = host.files();
  const std::string path = place.absolute("local.lock");  // not that of a checkpoint directory, which this may be, too
  files.make_directories(place.directory());
  std::unique_ptr<FileLock> lock = files.try_lock(path, options.holder);
  if (lock == nullptr && options.takeover) {
    files.remove(path);
    lock = files.try_lock(path, options.holder);
  }
  if (lock == nullptr)
    throw UsageError(fmt::format(
        "{} is used by another process already, which {} names: give each checkpoint directory whose job is "
        "called '{}' a --weir.state-dir of its own",
        place.directory(), path, options.job));
  checkpoint::remove_local_leftovers(files, place, generation);
  return lock;
}

}  // namespace weir::runtime
