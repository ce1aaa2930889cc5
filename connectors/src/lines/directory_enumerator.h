#pragma once

#include <memory>
#include <string>
#include <utility>

#include "weir/core/source.h"

namespace weir::connectors {

/// Makes a split of each file of a directory, sorted by name. Thread: control loop only.
class DirectoryEnumerator final : public SplitEnumerator {
 public:
  explicit DirectoryEnumerator(std::string directory) : directory_(std::move(directory)) {}
  void start(SplitAssigner& assigner) override;

 private:
  std::string directory_;
  std::shared_ptr<SplitAssigner*> alive_;  ///< a listing that ends later finds nobody
};

}  // namespace weir::connectors
