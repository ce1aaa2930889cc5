#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <rocksdb/db.h>

#include "weir/core/hash.h"
#include "weir/state/cold_store.h"

#include "rocksdb_database.h"
#include "rocksdb_horizon_filter.h"

namespace weir::state {

/// A column family of a database. Destruction drops it with all its rows.
class RocksDbStore final : public ColdStore {
 public:
  /// Errors: ExternalError.
  RocksDbStore(std::shared_ptr<RocksDbDatabase> database, std::string name);
  ~RocksDbStore() override;

  void ingest(const std::vector<RowChange>& changes) override;
  void scan(std::string_view from, std::string_view to,
            const std::function<void(std::string_view key, std::string_view value)>& f) override;
  void scan_some(std::string_view from, std::string_view to,
                 const std::function<bool(std::string_view key, std::string_view value)>& f) override;
  std::optional<std::string> last_key(std::string_view from, std::string_view to) override;
  std::vector<std::optional<std::string>> multi_get(const std::vector<std::string_view>& keys) override;
  ColdExport export_to(const std::string& directory) override;
  void import(std::string_view metadata, const std::vector<ColdFile>& files) override;
  void set_horizons(const std::vector<Horizon>& horizons) override { filters_->raise(horizons); }

 private:
  rocksdb::ColumnFamilyOptions settings() const;
  rocksdb::Status drop();
  std::string table_id(std::uint64_t number, const std::string& path) const;
  /// Of the family's files just now, by number, as far as they are known.
  std::map<std::uint64_t, Hash128> file_hashes() const;
  std::string described() const;

  const std::shared_ptr<RocksDbDatabase> database_;
  const std::string name_;
  const std::shared_ptr<HorizonFilterFactory> filters_;
  rocksdb::ColumnFamilyHandle* family_ = nullptr;  ///< null only after an error
  std::map<std::uint64_t, std::string> ids_;       ///< of the files of the last export, by number
};

}  // namespace weir::state
