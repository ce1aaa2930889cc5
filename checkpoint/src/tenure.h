#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "weir/checkpoint/coordinator.h"
#include "weir/checkpoint/decide_restore.h"
#include "weir/checkpoint/history.h"
#include "weir/checkpoint/log.h"
#include "weir/checkpoint/manifest.h"
#include "weir/checkpoint/options.h"
#include "weir/checkpoint/savepoint.h"
#include "weir/checkpoint/store.h"
#include "weir/core/files.h"
#include "weir/core/host.h"

namespace weir::checkpoint {

/// One coordinator's time in a job's directory: its lock, its place in the log, the checkpoints that it retains. What
/// a Coordinator does on helper threads.
///
/// Thread: one call at a time, on any; calls block. Errors: FencedError, after which nothing but end() may be called.
class Tenure {
 public:
  Tenure(Host& host, Options options, CoordinatedJob job);

  /// Locks, takes over, finds where to begin. Called once, first. Errors: as Coordinator::open().
  Opened begin();

  /// As begin(), for a further attempt. A checkpoint whose completion was not certain is completed first.
  Opened resume();

  /// The next restores decide without this state file, whose path is relative to the job's directory.
  void damaged(const std::string& path, const std::string& why) { damaged_[path] = why; }

  /// What it names stays, although newer ones would take its place, until release().
  void pin(std::shared_ptr<const Manifest> manifest) { pinned_.push_back(std::move(manifest)); }
  void release(CheckpointId checkpoint);
  void release_all() { pinned_.clear(); }

  /// Makes a savepoint below `parent`; its path. Errors: as write_savepoint().
  std::string save(const Manifest& manifest, const std::string& parent) const;

  /// Completes a checkpoint. Errors: FencedError; OutcomeUnknown; after any other it does not exist.
  void publish(std::shared_ptr<const Manifest> manifest);

  /// Deletes what retained checkpoints do not need.
  void clean_up();

  /// The job has finished.
  void finish();

  /// Errors: FencedError if another process has taken over.
  void require_standing() const;

  /// The same, as a function that any thread may call at any time, also when the tenure is gone; the host must be
  /// there.
  std::function<void()> fence() const;

  /// Gives the lock back; kNo: removes the job's directory first. Errors: FencedError if another process has taken
  /// over.
  void end(Coordinator::Keep keep);

  // After begin(), unless it told kFinished.
  GenerationId generation() const { return GenerationId(*standing_.takeover); }
  std::uint64_t highest_checkpoint() const { return highest_checkpoint_; }

  const std::shared_ptr<const Store>& store() const { return store_; }

 private:
  struct Retained {
    std::uint64_t index;  ///< of its log entry
    Completed entry;
    std::shared_ptr<const Manifest> manifest;
  };
  /// What the directory holds, and what is to be done about it.
  struct Findings {
    bool log = false;
    History history;
    std::vector<Retained> whole;  ///< oldest first
    RestoreDecision decision;
  };

  void make_directories();
  void lock();
  Findings look(RestoreMode mode);
  FoundCheckpoint examine(const History::CompletedAt& at, std::vector<Retained>& whole);
  bool take_over(const Findings& findings);
  Opened opened(Findings findings);
  /// The checks of a savepoint come before anything is written.
  Savepoint read_fitting_savepoint(std::vector<std::string>& warnings) const;
  Opened import(const Savepoint& savepoint, std::vector<std::string> warnings);
  /// Removes the savepoint that the job has claimed, once no checkpoint that is kept is the one that was made of it.
  void remove_claimed();
  void remove_directory();
  /// What dead processes of generations below `below` left that no entry of the log tells of.
  void remove_leftovers(GenerationId below);
  /// What cannot be removed is a warning.
  static void tidy_up(Opened& opened, const std::function<void()>& remove);

  /// False: the log cannot be read; it would only have explained what went wrong before.
  bool say_if_fenced() const;

  Host& host_;
  const Options options_;
  const CoordinatedJob job_;
  const Layout layout_;
  const Log log_;
  std::shared_ptr<const Store> store_;
  std::unique_ptr<FileLock> lock_;
  LogStanding standing_;
  std::vector<Retained> retained_;  ///< oldest first
  std::vector<std::shared_ptr<const Manifest>> pinned_;
  std::optional<Retained> uncertain_;  ///< its entry may be there
  std::map<std::string, std::string> damaged_;
  bool claimed_ = false;  ///< `from` holds the savepoint that the job began with, which is the job's to remove
  std::uint64_t highest_checkpoint_ = 0;
};

}  // namespace weir::checkpoint
