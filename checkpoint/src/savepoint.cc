#include "weir/checkpoint/savepoint.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "weir/checkpoint/history.h"
#include "weir/checkpoint/layout.h"
#include "weir/checkpoint/log.h"
#include "weir/core/error.h"
#include "weir/core/file_tools.h"

namespace weir::checkpoint {
namespace {

/// Digits of the job's directory name that tell people whose savepoint it is.
constexpr std::size_t kJobDigits = 8;

constexpr std::uint64_t kRandomBits = (std::uint64_t{1} << 48) - 1;

/// False: something of it stays.
bool remove(FileSystem& files, const std::string& path) {
  try {
    remove_tree(files, path);
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

/// A directory that has its name only once it is whole; whatever goes wrong before leaves nothing, if that can be.
class NewDirectory {
 public:
  /// `mark` tells directories of one name apart that are made at a time, or were given up.
  NewDirectory(FileSystem& files, std::string parent, const std::string& name, const std::string& mark = "")
      : files_(files),
        parent_(std::move(parent)),
        path_(fmt::format("{}/{}", parent_, name)),
        hidden_(fmt::format("{}/.{}{}", parent_, name, mark)) {
    make_durable_directory(files_, hidden_);
  }
  ~NewDirectory() {
    // What made it fail may keep it from being removed, too; it is hidden, and nobody takes it for a savepoint.
    if (!whole_) static_cast<void>(remove(files_, hidden_));
  }
  NewDirectory(const NewDirectory&) = delete;
  NewDirectory& operator=(const NewDirectory&) = delete;

  const std::string& path() const { return path_; }
  const std::string& hidden() const { return hidden_; }

  /// Requires: nothing has its name.
  std::string show() {
    files_.rename(hidden_, path_);
    whole_ = true;
    files_.sync_directory(parent_);
    return path_;
  }

 private:
  FileSystem& files_;
  const std::string parent_;
  const std::string path_;
  const std::string hidden_;
  bool whole_ = false;
};

void append_all(Host& host, const Layout& layout, const Manifest& manifest, const std::string& holder,
                const Store::WrittenManifest& written) {
  const Log log(host, layout, manifest.job);
  LogStanding standing;
  standing.writer = WriterId(host.random() | 1);
  log.append(standing, Born{manifest.job}, {});
  log.append(standing, Takeover{holder, std::nullopt}, {});
  const CheckpointName name{manifest.generation, manifest.checkpoint};
  log.append(standing, Completed{name, written.path, written.size, written.hash}, {});
}

/// Fills a new directory with one checkpoint: its files, its manifest, and a log of it.
void fill(Host& host, const std::string& directory, const Store& store, const Manifest& manifest,
          const std::string& holder) {
  const Store own(host, Layout(directory));
  for (const std::string& path : {own.layout().log(), own.layout().checkpoints(), own.layout().shared()})
    make_durable_directory(host.files(), path);
  std::set<std::string> taken;
  for (const OperatorSnapshot& snapshot : manifest.operators) {
    if (!snapshot.keyed) continue;
    for (const StoredFile& file : snapshot.keyed->files)
      if (taken.insert(file.path).second) own.take(store, file, file.path);
  }
  host.files().sync_directory(own.layout().shared());
  append_all(host, own.layout(), manifest, holder, own.write_manifest(manifest));
}

[[noreturn]] void refuse_to_overwrite(const std::string& path) {
  throw UserError(fmt::format("{} exists already: nothing is overwritten, name another directory", path));
}

}  // namespace

std::string savepoint_name(const std::string& path) {
  std::string_view name = path;
  while (name.size() > 1 && name.ends_with('/')) name.remove_suffix(1);
  const std::size_t slash = name.rfind('/');
  return std::string(slash == std::string_view::npos ? name : name.substr(slash + 1));
}

std::string write_savepoint(Host& host, const Store& store, const Manifest& manifest, const std::string& parent,
                            const std::string& holder) {
  const std::string name =
      fmt::format("savepoint-{}-{}-{:012x}", job_directory_name(manifest.job).substr(0, kJobDigits),
                  manifest.checkpoint.value(), host.random() & kRandomBits);
  NewDirectory directory(host.files(), parent, name);
  fill(host, directory.hidden(), store, manifest, holder);
  return directory.show();
}

void copy_checkpoint(Host& host, const Store& store, const Manifest& manifest, const std::string& path,
                     const std::string& holder) {
  FileSystem& files = host.files();
  std::string_view whole = path;
  while (whole.size() > 1 && whole.ends_with('/')) whole.remove_suffix(1);
  const std::size_t slash = whole.rfind('/');
  const std::string parent(slash == std::string_view::npos ? "." : slash == 0 ? "/" : whole.substr(0, slash));
  if (files.exists(std::string(whole))) refuse_to_overwrite(path);
  NewDirectory directory(files, parent, savepoint_name(path), fmt::format("-{:012x}", host.random() & kRandomBits));
  fill(host, directory.hidden(), store, manifest, holder);
  if (files.exists(directory.path())) refuse_to_overwrite(path);
  directory.show();
}

Savepoint read_savepoint(Host& host, const std::string& directory, const std::optional<CheckpointName>& which) {
  const Layout layout(directory);
  if (!host.files().exists(layout.log()))
    throw UserError(
        fmt::format("'{}' is no savepoint: there is no '{}'; name a directory that holds its log itself: a "
                    "savepoint, or that of one job in a checkpoint directory",
                    directory, layout.log()));
  const History history = read_history(Log(host, layout).read_all());
  if (history.completed.empty())
    throw UserError(fmt::format("'{}' is no savepoint: its log names no completed checkpoint", directory));
  const auto found = which ? std::find_if(history.completed.begin(), history.completed.end(),
                                          [&](const auto& each) { return each.completed.checkpoint == *which; })
                           : std::prev(history.completed.end());
  if (found == history.completed.end())
    throw UserError(fmt::format("'{}' has no checkpoint {}", directory, to_string(*which)));
  const Completed& completed = found->completed;
  const Store store(host, layout);
  auto manifest =
      std::make_shared<const Manifest>(store.read_manifest({completed.manifest, completed.size, completed.hash}));
  if (const std::string problem = store.first_problem(*manifest); !problem.empty())
    throw CorruptionError(fmt::format("the savepoint cannot be used: {}", problem));
  return {directory, std::move(manifest)};
}

Manifest take_over_savepoint(Host& host, const Savepoint& savepoint, const Store& into, GenerationId generation,
                             const std::string& job) {
  const Store from(host, Layout(savepoint.directory));
  Manifest manifest = *savepoint.manifest;
  manifest.job = job;
  manifest.generation = generation;
  manifest.attempt = kImported;
  manifest.origin = savepoint_name(savepoint.directory);
  for (std::size_t i = 0; i < manifest.operators.size(); ++i) {
    OperatorSnapshot& snapshot = manifest.operators[i];
    if (!snapshot.keyed) continue;
    const StateWriter writer{generation, kImported, manifest.checkpoint, NodeId(static_cast<std::uint32_t>(i)),
                             snapshot.subtask};
    std::uint32_t sequence = 0;
    for (StoredFile& file : snapshot.keyed->files) {
      const std::string path = Layout::state_file(writer, sequence++);
      into.take(from, file, path);
      file.path = path;
    }
  }
  host.files().sync_directory(into.layout().shared());
  return manifest;
}

bool is_of_a_job(FileSystem& files, const std::string& directory) { return files.exists(Layout(directory).lock()); }

bool is_made_of(Host& host, const Manifest& manifest, const std::string& directory) {
  if (manifest.attempt != kImported || is_of_a_job(host.files(), directory)) return false;
  try {
    const Savepoint savepoint = read_savepoint(host, directory);
    return savepoint.manifest->checkpoint == manifest.checkpoint && savepoint.manifest->wall_time == manifest.wall_time;
  } catch (const Error&) {
    return false;
  }
}

void remove_savepoint(FileSystem& files, const std::string& directory) {
  const Layout layout(directory);
  for (const std::string& path : {layout.log(), layout.checkpoints(), layout.shared()}) remove_tree(files, path);
  if (files.exists(directory) && files.list(directory).empty()) remove_tree(files, directory);
}

}  // namespace weir::checkpoint
