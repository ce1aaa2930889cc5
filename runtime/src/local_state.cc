#include "weir/runtime/local_state.h"

#include <fmt/format.h>

#include "weir/core/check.h"
#include "weir/core/file_tools.h"

namespace weir::runtime {

LocalState::LocalState(Host& host, std::string directory, const state::ColdStoresFactory& factory, const Graph& graph,
                       const Plan& plan)
    : host_(host), directory_(std::move(directory)) {
  remove_tree(host.files(), directory_);
  const std::string cold = directory_ + "/cold";
  host.files().make_directories(cold);
  stores_ = factory(host, cold);
  for (const PlanTask& task : plan.tasks) {
    for (const NodeId node : task.chain) {
      if (!graph.node(node).keyed) continue;
      for (std::uint32_t subtask = 0; subtask < task.parallelism; ++subtask) {
        const SubtaskIndex index(subtask);
        by_subtask_[{node, index}] = stores_->make(name_of(node, index));
      }
    }
  }
}

void LocalState::remove() {
  by_subtask_.clear();
  stores_.reset();
  remove_tree(host_.files(), directory_);
}

std::shared_ptr<state::ColdStore> LocalState::cold_store(NodeId node, SubtaskIndex subtask) const {
  const auto found = by_subtask_.find({node, subtask});
  WEIR_CHECK(found != by_subtask_.end(), node.value(), subtask.value());
  return found->second;
}

std::function<std::unique_ptr<state::ColdStore>()> LocalState::scratch_stores(NodeId node, SubtaskIndex subtask) const {
  return [stores = stores_, name = name_of(node, subtask) + "-import"] { return stores->make(name); };
}

std::string LocalState::name_of(NodeId node, SubtaskIndex subtask) {
  return fmt::format("{}-{}", node.value(), subtask.value());
}

}  // namespace weir::runtime
