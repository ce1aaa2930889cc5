#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <system_error>

#include <unistd.h>

#include "weir/host/real_host.h"
#include "weir/state/rocksdb_stores.h"

#include "cold_places.h"

namespace weir::state {

/// RocksDB on the machine's disk, in a temporary directory.
class RocksDbPlace final : public ColdPlace {
 public:
  RocksDbPlace() {
    std::string name = std::filesystem::temp_directory_path() / "weir-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    root_ = name;
  }
  ~RocksDbPlace() override {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }

  Host& host() override { return host_; }
  std::string root() override { return root_; }
  std::unique_ptr<ColdStores> stores() override { return stores(RocksDbOptions{}); }
  std::unique_ptr<ColdStores> stores(const RocksDbOptions& options) {
    const std::string directory = new_path("stores");
    host_.files().make_directories(directory);
    return make_rocksdb_stores(host_, directory, options);
  }

 private:
  host::RealHost host_;
  std::string root_;
};

}  // namespace weir::state
