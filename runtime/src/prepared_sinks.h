#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "weir/core/graph.h"
#include "weir/core/host.h"
#include "weir/core/sink.h"

namespace weir::runtime {

/// The sinks of a job, and which of them this run has prepared: only those are its own to clean up.
/// Thread: one helper thread at a time.
class PreparedSinks {
 public:
  explicit PreparedSinks(const Graph& graph) {
    for (const GraphNode& node : graph.nodes())
      if (node.sink) sinks_.push_back(node.sink);
  }

  /// Prepares all for an attempt. Errors: of Sink::prepare; those before it stay prepared.
  void prepare(Host& host) {
    for (std::size_t i = 0; i < sinks_.size(); ++i) {
      const bool first = i >= prepared_;
      sinks_[i]->prepare(host, first);
      if (first) prepared_ = i + 1;
    }
  }

  /// Errors: of the first Sink::abandon that fails.
  void abandon(Host& host) {
    while (prepared_ > 0) sinks_[--prepared_]->abandon(host);
  }

 private:
  std::vector<std::shared_ptr<const Sink>> sinks_;
  std::size_t prepared_ = 0;
};

}  // namespace weir::runtime
