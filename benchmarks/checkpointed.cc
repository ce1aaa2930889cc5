#include "benchmarks/checkpointed.h"

#include <filesystem>
#include <stdexcept>

#include <stdlib.h>

#include "weir/state/rocksdb_stores.h"

namespace weir::benchmarks {

TemporaryDirectory::TemporaryDirectory() : path_(std::filesystem::temp_directory_path() / "weir-benchmark-XXXXXX") {
  if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("cannot make a directory " + path_);
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void take_checkpoints(runtime::JobOptions& options, const std::string& directory, Duration interval) {
  checkpoint::Options& checkpoints = options.checkpoints.emplace();
  checkpoints.directory = directory;
  checkpoints.job = "benchmark";
  checkpoints.holder = "a benchmark";
  checkpoints.interval = interval;
  options.cold_stores = [](Host& host, const std::string& below) { return state::make_rocksdb_stores(host, below); };
}

}  // namespace weir::benchmarks
