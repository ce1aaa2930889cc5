#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "weir/cluster/cluster_view.h"

#include "rest/rates.h"

// Metrics by Flink's names.

namespace weir::cluster {

struct Metric {
  std::string name;  ///< "numRecordsIn"
  std::variant<std::int64_t, std::uint64_t, double, std::string> value;
};

/// As REST shows it.
std::string value_text(const Metric& metric);
/// Of one that is a text: 0.
double value_number(const Metric& metric);

std::vector<Metric> cluster_metrics(const ClusterView& view);
std::vector<Metric> task_manager_metrics(const TaskManagerStatus& manager);
std::vector<Metric> job_metrics(const runtime::JobStatus& status);
std::vector<Metric> subtask_metrics(const runtime::SubtaskStatus& subtask, const SubtaskRates& rates);

/// What a metric means, in half a sentence. Requires: one of those above has the name.
std::string_view metric_help(std::string_view name);

}  // namespace weir::cluster
