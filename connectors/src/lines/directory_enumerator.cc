#include "lines/directory_enumerator.h"

#include <algorithm>
#include <exception>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "weir/core/error.h"

#include "lines/lines_position.h"

namespace weir::connectors {

namespace {

/// Whether it is known to be one: from what its parent lists.
bool is_file(FileSystem& files, const std::string& path) {
  const auto slash = path.rfind('/');
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  try {
    const std::vector<DirectoryEntry> beside = files.list(slash == std::string::npos ? "." : path.substr(0, slash + 1));
    return std::any_of(beside.begin(), beside.end(), [&name](const DirectoryEntry& entry) {
      return entry.name == name && entry.type == FileType::kFile;
    });
  } catch (const ExternalError&) {
    return false;
  }
}

std::vector<DirectoryEntry> list_input(FileSystem& files, const std::string& directory) {
  try {
    return files.list(directory);
  } catch (const ExternalError&) {
    if (!is_file(files, directory)) throw;
    throw UserError(fmt::format("the input directory '{}' is a file: name the directory that it is in", directory));
  }
}

std::vector<Split> find_files(FileSystem& files, const std::string& directory) {
  if (!files.exists(directory))
    throw UserError(fmt::format("the input directory '{}' does not exist: make it, or name another", directory));
  std::vector<Split> splits;
  for (const DirectoryEntry& entry : list_input(files, directory)) {
    if (entry.name.starts_with('.')) continue;
    if (entry.type == FileType::kOther)
      throw UserError(
          fmt::format("'{}/{}' cannot be read as a file: it is a link to nothing, a pipe or a device; "
                      "remove it, or hide it by a name that begins with '.'",
                      directory, entry.name));
    if (entry.type != FileType::kFile) continue;
    LinesPosition beginning;
    beginning.size = entry.size;
    splits.push_back({entry.name, encode(beginning)});
  }
  return splits;
}

}  // namespace

void DirectoryEnumerator::start(SplitAssigner& assigner) {
  alive_ = std::make_shared<SplitAssigner*>(&assigner);
  auto found = std::make_shared<std::vector<Split>>();
  Host& host = assigner.host();
  host.blocking([found, directory = directory_, &host] { *found = find_files(host.files(), directory); },
                [found, weak = std::weak_ptr(alive_)](std::exception_ptr error) {
                  const auto alive = weak.lock();
                  if (alive == nullptr) return;
                  SplitAssigner& to = **alive;
                  if (error) {
                    to.fail(std::move(error));
                    return;
                  }
                  for (Split& split : *found) to.assign(std::move(split));
                  to.no_more_splits();
                });
}

}  // namespace weir::connectors
