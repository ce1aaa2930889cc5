#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weir/checkpoint/store.h"
#include "weir/core/host.h"
#include "weir/core/ids.h"
#include "weir/state/keyed_state.h"

namespace weir::runtime {

/// How the keyed state of one operator's subtask puts its files into a checkpoint directory and gets them from there.
///
/// Thread: store() and fetch() on one helper thread at a time; set_base() by the task at any time.
class StateFiles {
 public:
  /// `writer` names generation, attempt, node and subtask; its checkpoint is set by store(). `fetch_directory` exists;
  /// fetched files go there, under names of this writer's own.
  StateFiles(std::shared_ptr<const checkpoint::Store> store, checkpoint::StateWriter writer,
             std::string fetch_directory);

  /// The files that the checkpoint at hand may list again.
  void set_base(checkpoint::BaseFiles base);

  /// The first file of the checkpoint directory that could not be fetched, and why. Thread-safe.
  std::optional<std::pair<std::string, std::string>> damaged() const;

  /// For KeyedState::Options, and KeyedState::expect. `self` is shared with them.
  static state::StoreFiles store_files(std::shared_ptr<StateFiles> self);
  static state::FetchFiles fetch_files(std::shared_ptr<StateFiles> self);

 private:
  std::vector<StoredFile> store(CheckpointId checkpoint, const std::vector<state::ColdFile>& files);
  std::vector<state::ColdFile> fetch(const std::vector<StoredFile>& files);

  std::shared_ptr<const checkpoint::Store> store_;
  checkpoint::StateWriter writer_;
  std::string fetch_directory_;
  std::size_t fetched_ = 0;  ///< files, all in all
  mutable std::mutex mutex_;
  checkpoint::BaseFiles base_;                                  ///< guarded by mutex_
  std::optional<std::pair<std::string, std::string>> damaged_;  ///< guarded by mutex_
};

}  // namespace weir::runtime
