#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "weir/checkpoint/manifest.h"
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
      if (node.sink) sinks_.emplace_back(node.name, node.sink);
  }

  /// Prepares all for an attempt that begins with nothing; `again`: an earlier process of this job was here.
  /// Errors: of Sink::prepare; those before it stay prepared.
  void prepare(Host& host, bool again) {
    for (std::size_t i = 0; i < sinks_.size(); ++i) {
      const bool first = i >= prepared_;
      sinks_[i].second->prepare(host, first && !again);
      if (first) prepared_ = i + 1;
    }
  }

  /// Prepares all for an attempt that goes on from a checkpoint. Errors: of Sink::recover.
  void recover(Host& host, const std::vector<checkpoint::SinkOutputs>& staged) {
    for (const auto& [name, sink] : sinks_) {
      StagedOutputs keep;
      for (const checkpoint::SinkOutputs& of : staged)
        if (of.sink == name) keep = of.outputs;
      sink->recover(host, keep);
    }
    prepared_ = sinks_.size();
  }

  /// The job has ended and delivered all. Errors: of the first Sink::finish that fails.
  void finish(Host& host) {
    while (prepared_ > 0) sinks_[--prepared_].second->finish(host);
  }

  /// Errors: of the first Sink::abandon that fails.
  void abandon(Host& host) {
    while (prepared_ > 0) sinks_[--prepared_].second->abandon(host);
  }

 private:
  std::vector<std::pair<std::string, std::shared_ptr<const Sink>>> sinks_;
  std::size_t prepared_ = 0;
};

}  // namespace weir::runtime
