#include "benchmarks/checkpointed.h"

#include "weir/runtime/memory_plan.h"
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

void keep_within(runtime::JobOptions& options, std::size_t memory) {
  options.memory = memory;
  state::RocksDbOptions below;
  below.memory = runtime::cold_store_memory(memory);
  options.cold_stores = [below](Host& host, const std::string& path) {
    return state::make_rocksdb_stores(host, path, below);
  };
}

}  // namespace weir::benchmarks
