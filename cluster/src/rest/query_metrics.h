#pragma once

#include <string>
#include <vector>

#include "rest/json.h"
#include "rest/metrics.h"
#include "rest/router.h"

// What Flink's metrics routes answer: the names that there are, or with ?get=a,b the values of those.

namespace weir::cluster {

/// Of one object. Names that there are not are left out.
json::array metrics_json(const RestRequest& request, const std::vector<Metric>& metrics);

/// Of several, aggregated: ?agg=min,max,sum,avg says how, all of them without. Metrics that are texts are left out.
/// Errors: RestError 400 for an unknown aggregation.
json::array aggregated_metrics_json(const RestRequest& request, const std::vector<std::vector<Metric>>& metrics);

}  // namespace weir::cluster
