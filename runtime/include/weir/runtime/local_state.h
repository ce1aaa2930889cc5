#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "weir/core/graph.h"
#include "weir/core/host.h"
#include "weir/core/ids.h"
#include "weir/state/cold_store.h"

namespace weir::runtime {

/// What one attempt keeps on the local disk: a cold store for each subtask with keyed state. Nobody trusts it later.
///
/// Making and destroying it block. Thread: one at a time; cold_store() from anywhere.
class LocalState {
 public:
  /// In `directory`, which is emptied. Errors: ExternalError naming a path; those of `factory`.
  LocalState(Host& host, std::string directory, const state::ColdStoresFactory& factory, const Graph& graph,
             const Plan& plan);
  LocalState(const LocalState&) = delete;
  LocalState& operator=(const LocalState&) = delete;

  const std::string& directory() const { return directory_; }

  /// Closes the stores and removes the directory. Errors: ExternalError naming a path.
  void remove();

  /// Requires: the node has keyed state.
  std::shared_ptr<state::ColdStore> cold_store(NodeId node, SubtaskIndex subtask) const;

  /// Makes cold stores for what a subtask takes over from others, one at a time. Safe after remove(), to no avail.
  std::function<std::unique_ptr<state::ColdStore>()> scratch_stores(NodeId node, SubtaskIndex subtask) const;

  /// "<node>-<subtask>".
  static std::string name_of(NodeId node, SubtaskIndex subtask);

 private:
  Host& host_;
  std::string directory_;
  std::shared_ptr<state::ColdStores> stores_;
  std::map<std::pair<NodeId, SubtaskIndex>, std::shared_ptr<state::ColdStore>> by_subtask_;
};

}  // namespace weir::runtime
