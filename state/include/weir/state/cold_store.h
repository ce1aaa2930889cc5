#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/error.h"
#include "weir/core/hash.h"
#include "weir/core/host.h"
#include "weir/core/row_key.h"
#include "weir/core/time.h"

namespace weir::state {

/// A change of one row: small, for a drain has one for each of its rows. Views are valid as long as the buffer that
/// they point into.
class RowChange {
 public:
  enum class Kind : std::uint8_t { kPut, kDelete };

  /// `key`: see row_key.h. Errors: UserError for a row that is larger than 2 GB.
  RowChange(Kind kind, std::string_view key, std::string_view value)
      : key_(key.data()),
        value_(kind == Kind::kDelete ? nullptr
               : value.empty()       ? ""
                                     : value.data()),
        key_size_(size_of(key)),
        value_size_(size_of(value)) {}

  bool is_put() const { return value_ != nullptr; }
  std::string_view key() const { return {key_, key_size_}; }
  std::string_view value() const { return {value_, value_size_}; }

  /// Of a key or a value, as it is kept in a row.
  static std::uint32_t size_of(std::string_view bytes) {
    if (bytes.size() > kMostBytes)
      throw UserError("a key or a value of more than 2 GB does not fit into a row of state");
    return static_cast<std::uint32_t>(bytes.size());
  }

 private:
  static constexpr std::size_t kMostBytes = (std::size_t{1} << 31) - 1;

  const char* key_;
  const char* value_;  ///< null: the row is deleted
  std::uint32_t key_size_;
  std::uint32_t value_size_;
};
static_assert(sizeof(RowChange) == 24);

/// An immutable file of a cold store.
struct ColdFile {
  /// The same file has the same name in all exports, also of a store that has imported it; another file has another,
  /// whichever store or process made it.
  std::string name;
  std::string path;  ///< where it can be read until the export ends
  std::uint64_t size = 0;
  /// XXH3_128 of its bytes as they were made, before a disk had them, so that bytes that are read wrong are found.
  /// None: not known.
  std::optional<Hash128> hash = std::nullopt;
};

/// All rows of a cold store at one moment, in files.
struct ColdExport {
  std::string metadata;         ///< how the files belong together; no paths
  std::vector<ColdFile> files;  ///< in an order that import() needs again
};

/// What of a state need not be kept.
struct Horizon {
  enum class Of : std::uint8_t {
    kSlices,   ///< rows of slices that end at or before `time`
    kEntries,  ///< rows whose values begin with a time at or before `time`, 8 bytes, little-endian: see Expiring
  };

  StateId state{};
  Timestamp time = Timestamp::min();
  Of of = Of::kSlices;
};

/// The rows of one subtask's keyed state, below its tables: sorted by key, on a local disk that nobody trusts.
///
/// Calls block, destruction too. Thread: one at a time, any; but multi_get(), scan_some() and last_key() also while
/// another thread changes or exports rows, and find what is there before or after. Errors: ExternalError and
/// CorruptionError naming the file; after one from import() the store is not used any more, after one from ingest() the
/// same changes may be tried again.
class ColdStore {
 public:
  virtual ~ColdStore() = default;

  /// Applies changes. Requires: sorted by key, each key once.
  virtual void ingest(const std::vector<RowChange>& changes) = 0;

  /// Calls f(key, value) for all rows with from <= key < to, in order; an empty `to` is the end.
  virtual void scan(std::string_view from, std::string_view to,
                    const std::function<void(std::string_view key, std::string_view value)>& f) = 0;

  /// Calls bool f(key, value) for rows with from <= key < to, in order, until it answers false. For a few rows, which
  /// may be wanted again. A failed read is an error, never an end.
  virtual void scan_some(std::string_view from, std::string_view to,
                         const std::function<bool(std::string_view key, std::string_view value)>& f) = 0;

  /// The last row with from <= key < to, if there is one. Requires: `to` is not empty.
  virtual std::optional<std::string> last_key(std::string_view from, std::string_view to) = 0;

  /// values[i] is the row of keys[i], or nothing. A failed read is an error, never an absent row.
  virtual std::vector<std::optional<std::string>> multi_get(const std::vector<std::string_view>& keys) = 0;

  /// Makes files of all rows, in the directory, which must not exist. What was there is not changed any more; the
  /// caller removes the directory when it has taken what it needs. The files need not be durable.
  virtual ColdExport export_to(const std::string& directory) = 0;

  /// Takes over the files of an export; `files` in the order of the export, their paths where they are now. They are
  /// linked or copied, not moved. Requires: the store is empty.
  virtual void import(std::string_view metadata, const std::vector<ColdFile>& files) = 0;

  /// Rows below these may be dropped from now on; each only rises.
  virtual void set_horizons(const std::vector<Horizon>& horizons) = 0;
};

/// Makes the cold stores of a process, in one local directory. Thread-safe.
class ColdStores {
 public:
  virtual ~ColdStores() = default;

  /// An empty store. `name` is unique among those that live. Blocks.
  virtual std::unique_ptr<ColdStore> make(const std::string& name) = 0;
};

/// How a process makes its cold stores, once it knows where. Blocks. `directory` exists and is empty.
using ColdStoresFactory = std::function<std::unique_ptr<ColdStores>(Host& host, const std::string& directory)>;

/// On an ordered map in memory; files are written through the host. For simulation and tests.
std::unique_ptr<ColdStores> make_map_stores(Host& host, const std::string& directory);

}  // namespace weir::state
