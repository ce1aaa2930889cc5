#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "weir/core/blocking_call.h"
#include "weir/core/host.h"
#include "weir/core/notifier.h"
#include "weir/state/cold_store.h"
#include "weir/state/drain_buffer.h"

namespace weir::state {

/// Reads the rows of an operator's state that its tables do not hold.
///
/// An operator names the rows that a batch will need; a helper thread reads them together while the task does other
/// work, and the tables find them here. A row that nobody has named is read when it is asked for, and the task waits.
/// Rows that were erased are absent from then on, whatever the cold store knows yet. Thread: task thread only.
/// Errors: a read that fails is never an absent row, it throws what the cold store failed with.
class ColdReads {
 public:
  /// `changes`: what is on its way to the cold store, and lives as long as this.
  ColdReads(Host& host, Notifier notifier, std::shared_ptr<ColdStore> cold, DrainBuffer& changes);

  // ---- Ahead of a batch.

  /// The row will be asked for. Requires: nothing is being read.
  void want(std::string_view row_key);

  /// Begins to read what is wanted, and forgets what was read before. True: there is nothing to wait for; false: the
  /// task is notified when fetched().
  bool fetch();

  /// Nothing is being read (any more).
  bool fetched();

  // ---- For tables.

  /// The row, or null if there is none. Valid until the next call.
  const std::string* row(std::string_view row_key);

  using OnRow = std::function<bool(std::string_view key, std::string_view value)>;
  using OnEnded = std::function<bool(std::string_view key)>;

  /// Calls bool f(key, value) for rows with from <= key < to, in order, until it answers false; and bool ended(key) for
  /// those that have ended, until the same. Blocks.
  void scan(std::string_view from, std::string_view to, const OnRow& f, const OnEnded& ended);
  /// The same for all rows that have not ended.
  void scan(std::string_view from, std::string_view to, const OnRow& f);

  /// The last row with from <= key < to that the cold store knows, erased or not. Blocks.
  std::optional<std::string> last_key(std::string_view from, std::string_view to);

  /// Tables forget entries, or the cold store has learned of ends: what was read before, or is being read, may be
  /// older.
  void forget();

  /// No table lacks an entry any more, and nothing is asked for from now on: ends need not be remembered.
  void retire();

  // ---- What it did.

  struct Counts {
    std::uint64_t rows_ahead = 0;    ///< read together ahead of their batches
    std::uint64_t rows_at_once = 0;  ///< read while the task waited
    std::uint64_t scans = 0;
  };
  const Counts& counts() const { return counts_; }

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  using Rows = std::unordered_map<std::string, std::optional<std::string>, TextHash, std::equal_to<>>;

  /// What a helper thread reads.
  struct Request {
    std::vector<std::string> keys;
    std::vector<std::optional<std::string>> rows;
  };

  const std::shared_ptr<ColdStore> cold_;
  DrainBuffer& changes_;
  BlockingCall call_;
  std::vector<std::string> wanted_;
  std::shared_ptr<Request> request_;  ///< null: nothing is being read
  bool outdated_ = false;             ///< what is being read is not to be used
  Rows read_;                         ///< what the cold store knew of wanted rows
  std::optional<std::string> last_;   ///< the row that was read at once
  Counts counts_;
};

}  // namespace weir::state
