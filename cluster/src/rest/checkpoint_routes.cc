#include <algorithm>

#include <fmt/format.h>

#include "rest/checkpoint_json.h"
#include "rest/routes.h"

namespace weir::cluster {
namespace {

const runtime::CheckpointsStatus& checkpoints_of(const JobEntry& job) {
  if (!job.status->checkpoints) throw RestError(404, "Checkpointing has not been enabled.");
  return *job.status->checkpoints;
}

const runtime::CheckpointStatus& checkpoint_of(const JobEntry& job, const std::string& id) {
  const auto& history = checkpoints_of(job).history;
  const auto found = std::find_if(history.begin(), history.end(),
                                  [&](const auto& checkpoint) { return std::to_string(checkpoint.id) == id; });
  if (found == history.end())
    throw RestError(404, fmt::format("Could not find checkpointing statistics for checkpoint {}.", id));
  return *found;
}

}  // namespace

void add_checkpoint_routes(Router& router, const ClusterView& view) {
  router.get("/jobs/:jobid/checkpoints", [&view](const RestRequest& request) {
    const JobEntry job = job_of(request, view);
    return checkpoints_json(checkpoints_of(job));
  });
  router.get("/jobs/:jobid/checkpoints/config", [&view](const RestRequest& request) {
    const JobEntry job = job_of(request, view);
    return checkpoints_config_json(checkpoints_of(job));
  });
  router.get("/jobs/:jobid/checkpoints/details/:checkpointid", [&view](const RestRequest& request) {
    const JobEntry job = job_of(request, view);
    return checkpoint_json(checkpoint_of(job, request.at("checkpointid")), job.status->vertices,
                           CheckpointTasks::kShown);
  });
}

}  // namespace weir::cluster
