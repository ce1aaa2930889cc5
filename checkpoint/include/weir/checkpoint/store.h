#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "weir/checkpoint/layout.h"
#include "weir/checkpoint/manifest.h"
#include "weir/core/files.h"
#include "weir/core/hash.h"
#include "weir/core/host.h"
#include "weir/core/snapshot.h"

namespace weir::checkpoint {

/// A file that a task wants to be part of a checkpoint.
struct LocalFile {
  std::string name;  ///< what its cold store calls it: the same name, the same bytes
  std::string path;
};

/// The files of the base checkpoint that one operator's subtask may list again.
using BaseFiles = std::vector<StoredFile>;

/// Of `base` (null: none).
BaseFiles base_files(const Manifest* base, std::string_view operator_name, SubtaskIndex subtask);

/// What is to be kept, and what is still being written.
struct Retention {
  std::vector<std::shared_ptr<const Manifest>> manifests;  ///< what they name stays
  /// Files of this generation's checkpoints above it stay, they may be under way; and all of later generations.
  CheckpointName over_up_to;
};

/// The files of one job on any file system that can link or copy, and sync. Nothing is ever overwritten.
///
/// Thread-safe; every call blocks. Errors: ExternalError naming the path; CorruptionError where said.
class Store {
 public:
  /// Requires: `host` outlives it.
  Store(Host& host, Layout layout) : host_(host), layout_(std::move(layout)) {}

  const Layout& layout() const { return layout_; }

  /// Makes local files part of the directory, durably, in the order given: linked where the file system can, else
  /// copied. One that `base` has, by its name or by its contents, is listed from there. The local files may be removed
  /// afterwards, and must not be changed.
  std::vector<StoredFile> put(const StateWriter& writer, const std::vector<LocalFile>& files,
                              const BaseFiles& base) const;

  /// Makes a state file readable as the local file `to`, which must not exist and must not be changed, after comparing
  /// all its bytes. Errors: CorruptionError naming a file that is missing, too long, too short or damaged.
  void fetch(const StoredFile& file, const std::string& to) const;

  /// Errors: CorruptionError as fetch().
  void verify(const StoredFile& file) const;

  /// Writes a manifest durably. Returns the bytes' length and hash, for the log.
  struct WrittenManifest {
    std::string path;  ///< relative to the job's directory
    std::uint64_t size = 0;
    Hash128 hash{};
  };
  WrittenManifest write_manifest(const Manifest& manifest) const;

  /// Errors: CorruptionError for bytes that are not those.
  Manifest read_manifest(const WrittenManifest& written) const;

  /// Names of everything that no manifest needs and nobody is writing, relative to the job's directory, sorted:
  /// checkpoint directories, state files, leftovers of writing.
  std::vector<std::string> garbage(const Retention& retention) const;

  /// Removes it; what is missing is fine.
  void remove(const std::vector<std::string>& garbage) const;

 private:
  Host& host_;
  Layout layout_;
};

}  // namespace weir::checkpoint
