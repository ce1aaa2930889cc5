#pragma once

#include "weir/cluster/cluster_view.h"
#include "weir/cluster/rest_server.h"
#include "weir/core/host.h"

#include "rest/rates.h"
#include "rest/router.h"

// What the routes answer, a file for each group. Requires of all: what they are given outlives the router.

namespace weir::cluster {

/// /overview, /config, /jobmanager.
void add_cluster_routes(Router& router, const ClusterView& view);

/// /jobs: reading, but for what follows.
void add_job_routes(Router& router, const ClusterView& view);
void add_checkpoint_routes(Router& router, const ClusterView& view);
/// /jobs/:jobid/state.
void add_state_routes(Router& router, const ClusterView& view);
void add_vertex_routes(Router& router, const ClusterView& view, const Rates& rates);

/// /taskmanagers, and what of /jobmanager is the same: metrics and logs.
void add_task_manager_routes(Router& router, const ClusterView& view, Host& host);

/// /metrics, for Prometheus.
void add_prometheus_route(Router& router, const ClusterView& view, const Rates& rates);

/// Cancelling jobs, savepoints, checkpoints on demand.
void add_operation_routes(Router& router, ClusterView& view);

/// /jars.
void add_program_routes(Router& router, ClusterView& view, Host& host, const RestOptions& options);

// ---- For them.

/// The job that ":jobid" names. Errors: RestError 400 for what is no id, 404 for an unknown one.
JobEntry job_of(const RestRequest& request, const ClusterView& view);

}  // namespace weir::cluster
