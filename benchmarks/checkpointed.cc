#include "benchmarks/checkpointed.h"

#include "weir/state/rocksdb_stores.h"

namespace weir::benchmarks {

void take_checkpoints(runtime::JobOptions& options, const std::string& directory, Duration interval) {
  checkpoint::Options& checkpoints = options.checkpoints.emplace();
  checkpoints.directory = directory;
  checkpoints.job = "benchmark";
  checkpoints.holder = "a benchmark";
  checkpoints.interval = interval;
  options.cold_stores = [](Host& host, const std::string& below) { return state::make_rocksdb_stores(host, below); };
}

}  // namespace weir::benchmarks
