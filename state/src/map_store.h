#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "weir/core/host.h"
#include "weir/state/cold_store.h"

#include "horizons.h"
#include "map_store_file.h"

namespace weir::state {

/// Rows in an ordered map, and beside it the files that an export hands out: one for each ingest(), merged into one
/// when there are more than kMostFiles. Rows below a horizon go when files are merged.
///
/// Files lie in a directory of the store's own and are not synced. They are left there when the store is destroyed.
class MapStore final : public ColdStore {
 public:
  static constexpr std::size_t kMostFiles = 4;

  /// `id` begins the name of every file: no other store, now or later, has it.
  MapStore(Host& host, std::string directory, std::string id);

  void ingest(const std::vector<RowChange>& changes) override;
  void scan(std::string_view from, std::string_view to,
            const std::function<void(std::string_view key, std::string_view value)>& f) override;
  void scan_some(std::string_view from, std::string_view to,
                 const std::function<bool(std::string_view key, std::string_view value)>& f) override;
  std::optional<std::string> last_key(std::string_view from, std::string_view to) override;
  std::vector<std::optional<std::string>> multi_get(const std::vector<std::string_view>& keys) override;
  ColdExport export_to(const std::string& directory) override;
  void import(std::string_view metadata, const std::vector<ColdFile>& files) override;
  void set_horizons(const std::vector<Horizon>& horizons) override { horizons_.raise(horizons); }

 private:
  struct StoredMapFile {
    std::string name;
    std::uint64_t size = 0;
    std::optional<Hash128> hash = std::nullopt;  ///< of files that this store has written
  };

  std::string path_of(const std::string& name) const { return directory_ + "/" + name; }
  void write(const std::vector<MapRow>& rows);
  void apply(const MapRow& row);
  void merge_files();

  FileSystem& files_;
  const std::string directory_;
  const std::string id_;
  std::uint64_t last_file_ = 0;
  std::recursive_mutex rows_mutex_;                       ///< a scan may lead to reads
  std::map<std::string, std::string, std::less<>> rows_;  ///< guarded by rows_mutex_ where a read may be under way
  std::vector<StoredMapFile> stored_;  ///< oldest first: their changes, one after the other, make rows_
  Horizons horizons_;
};

}  // namespace weir::state
