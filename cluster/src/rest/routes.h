#pragma once

#include "weir/cluster/cluster_view.h"
#include "weir/cluster/rest_server.h"
#include "weir/core/host.h"

#include "rest/router.h"

// What the routes answer, a file for each group. Requires of all: what they are given outlives the router.

namespace weir::cluster {

/// /overview, /config, /jobmanager.
void add_cluster_routes(Router& router, const ClusterView& view);

/// /jobs: reading.
void add_job_routes(Router& router, const ClusterView& view, Host& host);

/// Cancelling jobs, savepoints, checkpoints on demand.
void add_operation_routes(Router& router, ClusterView& view);

/// /jars.
void add_program_routes(Router& router, ClusterView& view, Host& host, const RestOptions& options);

// ---- For them.

/// The job that ":jobid" names. Errors: RestError 400 for what is no id, 404 for an unknown one.
JobEntry job_of(const RestRequest& request, const ClusterView& view);

}  // namespace weir::cluster
