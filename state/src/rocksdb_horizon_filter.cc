#include "rocksdb_horizon_filter.h"

#include <utility>

namespace weir::state {

namespace {

class HorizonFilter final : public rocksdb::CompactionFilter {
 public:
  explicit HorizonFilter(Horizons horizons) : horizons_(std::move(horizons)) {}

  bool Filter(int, const rocksdb::Slice& key, const rocksdb::Slice& value, std::string*, bool*) const override {
    return horizons_.drop({key.data(), key.size()}, {value.data(), value.size()});
  }
  const char* Name() const override { return "weir.HorizonFilter"; }

 private:
  const Horizons horizons_;
};

}  // namespace

void HorizonFilterFactory::raise(const std::vector<Horizon>& horizons) {
  const std::lock_guard lock(mutex_);
  horizons_.raise(horizons);
}

std::unique_ptr<rocksdb::CompactionFilter> HorizonFilterFactory::CreateCompactionFilter(
    const rocksdb::CompactionFilter::Context&) {
  const std::lock_guard lock(mutex_);
  if (horizons_.empty()) return nullptr;
  return std::make_unique<HorizonFilter>(horizons_);
}

}  // namespace weir::state
