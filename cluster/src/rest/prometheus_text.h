#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "weir/cluster/cluster_view.h"

#include "rest/rates.h"

namespace weir::cluster {

/// Metrics in Prometheus' text format 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/
class PrometheusText {
 public:
  using Labels = std::vector<std::pair<std::string, std::string>>;

  /// Requires: `name` as Prometheus allows it; the names of labels, too.
  void gauge(const std::string& name, std::string_view help, const Labels& labels, double value);

  /// Samples of one name stand together, names in their order.
  std::string text() const;

 private:
  struct Family {
    std::string help;
    std::vector<std::string> samples;
  };
  std::map<std::string, Family> families_;
};

/// All metrics, under the names that Flink's own reporter for Prometheus gives them.
std::string prometheus_text(const ClusterView& view, const Rates& rates);

}  // namespace weir::cluster
