#pragma once

#include <map>
#include <optional>
#include <string>

#include "weir/cluster/cluster_view.h"

namespace weir::cluster {

/// What was asked of a running job and what came of it, by trigger; a bounded number of what is over is kept.
class JobOperations {
 public:
  void begin(const std::string& trigger);

  /// Failed, unless `failure` is empty. Without effect for an unknown trigger.
  void end(const std::string& trigger, const std::string& location, const std::string& failure);

  /// Whatever is in progress will not come to an end.
  void fail_all(const std::string& why);

  std::optional<OperationStatus> find(const std::string& trigger) const;

 private:
  std::map<std::string, OperationStatus> operations_;
};

}  // namespace weir::cluster
