#pragma once

#include <memory>
#include <mutex>

#include <rocksdb/compaction_filter.h>

#include "horizons.h"

namespace weir::state {

/// Makes the filters by which compactions drop rows below the horizons that are known when they begin.
/// Thread-safe: RocksDB asks on its own threads.
class HorizonFilterFactory final : public rocksdb::CompactionFilterFactory {
 public:
  void raise(const std::vector<Horizon>& horizons);

  std::unique_ptr<rocksdb::CompactionFilter> CreateCompactionFilter(
      const rocksdb::CompactionFilter::Context& context) override;
  const char* Name() const override { return "weir.HorizonFilterFactory"; }

 private:
  std::mutex mutex_;
  Horizons horizons_;  ///< under mutex_
};

}  // namespace weir::state
