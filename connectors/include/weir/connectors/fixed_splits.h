#pragma once

#include <utility>
#include <vector>

#include "weir/core/source.h"

namespace weir::connectors {

/// Hands out splits that are known beforehand.
class FixedSplits final : public SplitEnumerator {
 public:
  explicit FixedSplits(std::vector<Split> splits) : splits_(std::move(splits)) {}

  void start(SplitAssigner& assigner) override {
    for (Split& split : splits_) assigner.assign(std::move(split));
    splits_.clear();
    assigner.no_more_splits();
  }

 private:
  std::vector<Split> splits_;
};

}  // namespace weir::connectors
