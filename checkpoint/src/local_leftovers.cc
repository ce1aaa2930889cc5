#include "weir/checkpoint/local_leftovers.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "weir/core/file_tools.h"

#include "sealed_file.h"

namespace weir::checkpoint {
namespace {

/// Something of that name that is no directory.
bool is_in_the_way(FileSystem& files, const Layout& layout) {
  if (!files.exists(layout.local())) return false;
  const std::vector<DirectoryEntry> siblings = files.list(layout.directory());
  return std::any_of(siblings.begin(), siblings.end(), [&](const DirectoryEntry& entry) {
    return layout.absolute(entry.name) == layout.local() && entry.type != FileType::kDirectory;
  });
}

}  // namespace

void remove_local_leftovers(FileSystem& files, const Layout& layout, GenerationId below) {
  if (is_in_the_way(files, layout)) files.remove(layout.local());
  files.make_directories(layout.local());
  for (const DirectoryEntry& entry : files.list(layout.local())) {
    // Layout::local() names generation and attempt as a checkpoint is named.
    const std::optional<CheckpointName> of = parse_checkpoint_name(entry.name);
    if (of && of->generation < below) remove_tree(files, layout.local() + "/" + entry.name);
  }
}

}  // namespace weir::checkpoint
