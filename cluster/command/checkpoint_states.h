#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weir/checkpoint/manifest.h"
#include "weir/checkpoint/store.h"
#include "weir/core/host.h"
#include "weir/core/snapshot.h"
#include "weir/state/cold_store.h"

namespace weir::cluster {

/// The keyed state of one checkpoint, read without its job.
///
/// Fetches the state files into a directory of its own below `scratch` and removes it again; every byte is compared
/// first. Blocks. Errors: CorruptionError naming the file; ExternalError.
class CheckpointStates {
 public:
  struct State {
    std::string operator_name;
    KeyedStateInfo info;  ///< its horizon is that of one subtask
  };

  CheckpointStates(Host& host, const std::string& job_directory, std::shared_ptr<const checkpoint::Manifest> manifest,
                   const std::string& scratch);
  ~CheckpointStates();
  CheckpointStates(const CheckpointStates&) = delete;
  CheckpointStates& operator=(const CheckpointStates&) = delete;

  /// By operator and name, in the order of the manifest.
  const std::vector<State>& states() const { return states_; }
  std::uint32_t key_groups() const { return manifest_->shape.key_groups; }

  /// A live entry. Views are valid within the call.
  struct Row {
    RowPrefix prefix;
    std::string_view key;  ///< and sub-key
    std::string_view value;
  };
  /// Calls f(row) for every live entry of a state in a key group, in the order of slices and keys.
  void for_each(const State& state, KeyGroup group, const std::function<void(const Row&)>& f) const;

 private:
  struct Subtask {
    std::string operator_name;
    const StateHandle* handle;
    std::unique_ptr<state::ColdStore> rows;
  };

  void open(const checkpoint::Store& store, const OperatorSnapshot& snapshot);

  Host& host_;
  std::shared_ptr<const checkpoint::Manifest> manifest_;
  std::string directory_;
  std::vector<State> states_;
  std::unique_ptr<state::ColdStores> stores_;
  std::vector<Subtask> subtasks_;
};

}  // namespace weir::cluster
