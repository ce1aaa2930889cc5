#include <map>
#include <string>

#include "rest/job_json.h"
#include "rest/routes.h"

namespace weir::cluster {

namespace {

json::object json_of(const runtime::OperatorMemory& memory, std::size_t subtasks) {
  json::array states;
  for (const runtime::StateMemory& state : memory.states) {
    states.push_back({{"name", utf8(state.name)},
                      {"bytes", state.bytes},
                      {"entries", state.entries},
                      {"entries-on-disk", state.entries_cold}});
  }
  return {{"name", utf8(memory.name)},
          {"subtasks", subtasks},
          {"share", memory.share},
          {"bytes", memory.bytes},
          {"evictions", memory.evictions},
          {"rows-read-ahead", memory.rows_ahead},
          {"rows-read-at-once", memory.rows_at_once},
          {"states", std::move(states)}};
}

/// Every operator with keyed state, summed over its subtasks.
json::array operators_json(const runtime::JobStatus& status) {
  json::array operators;
  for (const runtime::VertexStatus& vertex : status.vertices) {
    std::map<std::string, std::pair<runtime::OperatorMemory, std::size_t>> sums;
    for (const runtime::SubtaskStatus& subtask : vertex.subtasks) {
      for (const runtime::OperatorMemory& memory : subtask.memory) {
        auto& [sum, subtasks] = sums[memory.name];
        sum += memory;
        ++subtasks;
      }
    }
    for (const auto& [name, sum] : sums) operators.push_back(json_of(sum.first, sum.second));
  }
  return operators;
}

}  // namespace

void add_state_routes(Router& router, const ClusterView& view) {
  router.get("/jobs/:jobid/state", [&view](const RestRequest& request) {
    return json::object{{"operators", operators_json(*job_of(request, view).status)}};
  });
}

}  // namespace weir::cluster
