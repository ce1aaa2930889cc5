#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
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
  std::optional<Hash128> hash = std::nullopt;  ///< XXH3_128 of what was written, if its writer noted that
};

/// The files of the base checkpoint that one operator's subtask may list again.
using BaseFiles = std::vector<StoredFile>;

/// Of `base` (null: none). Of all the operator's subtasks, if their number was another: they may have taken over each
/// other's files.
BaseFiles base_files(const Manifest* base, std::string_view operator_name, SubtaskIndex subtask,
                     std::uint32_t parallelism);

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
  /// afterwards, and must not be changed. Errors: CorruptionError naming a local file that is read otherwise than it
  /// was written.
  std::vector<StoredFile> put(const StateWriter& writer, const std::vector<LocalFile>& files,
                              const BaseFiles& base) const;

  /// Makes a state file readable as the local file `to`, which must not exist and must not be changed, after comparing
  /// all its bytes. Errors: CorruptionError naming a file that is missing, too long, too short or damaged.
  void fetch(const StoredFile& file, const std::string& to) const;

  /// Makes a state file of another job's directory one of this, as `path`: linked where that can be, else copied; its
  /// bytes are compared and safe, its name is not durable yet. Errors: as fetch().
  void take(const Store& other, const StoredFile& file, const std::string& path) const;

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

  /// The first state file of the manifest that is missing or has another length, as a sentence; empty: none. Contents
  /// are looked at when they are fetched.
  std::string first_problem(const Manifest& manifest) const;

  /// Names of everything that no manifest needs and nobody is writing, relative to the job's directory, sorted:
  /// checkpoint directories and state files. What has no name of ours is left alone.
  std::vector<std::string> garbage(const Retention& retention) const;

  /// Removes it; what is missing is fine.
  void remove(const std::vector<std::string>& garbage) const;

  /// The highest checkpoint id that any name in the directory has; 0: none.
  std::uint64_t highest_checkpoint() const;

 private:
  /// Local files of which a sync failed, with what they held. The system takes their pages for clean since, so that
  /// another sync would succeed and save nothing: they are copied instead of linked. Thread-safe.
  class Suspects {
   public:
    bool holds(const std::string& name, const Hash128& hash);
    void add(const std::string& name, const Hash128& hash);

   private:
    std::mutex mutex_;
    std::map<std::string, Hash128> files_;
  };

  void put_one(const LocalFile& file, const StoredFile& as) const;

  Host& host_;
  Layout layout_;
  std::unique_ptr<Suspects> suspects_ = std::make_unique<Suspects>();
};

}  // namespace weir::checkpoint
