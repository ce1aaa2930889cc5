#include "weir/state/rocksdb_stores.h"

#include <memory>
#include <utility>

#include "rocksdb_database.h"
#include "rocksdb_settings.h"
#include "rocksdb_store.h"

namespace weir::state {

namespace {

class RocksDbStores final : public ColdStores {
 public:
  explicit RocksDbStores(std::shared_ptr<RocksDbDatabase> database) : database_(std::move(database)) {}

  std::unique_ptr<ColdStore> make(const std::string& name) override {
    return std::make_unique<RocksDbStore>(database_, name);
  }

 private:
  const std::shared_ptr<RocksDbDatabase> database_;
};

}  // namespace

std::unique_ptr<ColdStores> make_rocksdb_stores(Host& host, const std::string& directory,
                                                const RocksDbOptions& options) {
  using Freed = RocksDbDatabase::Freed;
  return std::make_unique<RocksDbStores>(std::make_shared<RocksDbDatabase>(
      host, directory, rocksdb_settings(options), options.memory ? Freed::kGivenBack : Freed::kKept));
}

}  // namespace weir::state
