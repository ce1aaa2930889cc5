#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "weir/core/host.h"
#include "weir/core/key_buffer.h"
#include "weir/state/cold_store.h"

namespace weir::state {

/// Rows in the order in which they were written down, with the memory that they lie in.
///
/// It grows by small steps without moving what is there, and is emptied in no time: both happen between two batches of
/// records. Thread: one owner at a time.
class DrainedRows {
 public:
  /// Gives the key where it lies now: until clear(), wherever the rows are moved.
  std::string_view add(RowChange::Kind kind, std::string_view key, std::string_view value);
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::size_t bytes() const { return bytes_; }

  /// Bytes held, for rows or kept for later ones.
  std::size_t memory_bytes() const;

  /// Sorted by key, each key once: of several changes of a key a put wins. Views are valid until clear().
  std::vector<RowChange> sorted() const;
  /// What that takes.
  std::size_t sorted_bytes() const { return size_ * sizeof(RowChange); }

  /// sorted(), and where the rows lie is forgotten piece by piece meanwhile, to take little memory. Requires: there was
  /// no such call since clear(); nothing but clear(), size() and sparing_bytes() afterwards.
  std::vector<RowChange> take_sorted();
  /// The most that rows take until clear() when take_sorted() is what is done with them, but for one piece. Whatever it
  /// does just now on another thread.
  std::size_t sparing_bytes() const { return row_bytes_held() + sorted_bytes(); }

  /// What a row takes besides its own bytes, when memory is spared.
  static constexpr std::size_t sparing_row_overhead() { return std::max(sizeof(Row), sizeof(RowChange)); }

  /// Forgets the rows, keeps the memory. Costs nothing but what rows larger than a chunk do.
  void clear();

 private:
  /// A key, and its value behind it.
  struct Row {
    const char* at;
    std::uint32_t key_size;
    std::uint32_t value_size;  ///< kDeleted: there is none
  };
  static constexpr std::uint32_t kDeleted = 0xffff'ffff;

  char* take(std::size_t size);
  std::size_t row_bytes_held() const { return chunks_.size() * kChunk + (large_.empty() ? 0 : bytes_); }
  void append_block(std::size_t block, std::vector<RowChange>& to) const;

  // Large enough for the allocator to give each back by itself.
  static constexpr std::size_t kChunk = std::size_t{256} << 10;
  static constexpr std::size_t kBlockRows = 16 * 1024;

  std::vector<std::unique_ptr<Row[]>> blocks_;  ///< of kBlockRows rows
  std::size_t size_ = 0;
  std::vector<std::unique_ptr<char[]>> chunks_;
  std::size_t chunks_used_ = 0;
  std::size_t left_ = 0;                        ///< bytes of the last used chunk
  std::vector<std::unique_ptr<char[]>> large_;  ///< of rows that fit no chunk
  std::size_t bytes_ = 0;
};

/// Where an operator's keyed state is written down, entry by entry, for the checkpoint at hand.
///
/// Writing is cut into slices, so that records get their turn: whoever writes asks enough() every few rows.
/// Thread: task thread only.
class DrainBuffer {
 public:
  /// A slice ends after `slice_rows` rows or about 100 us.
  DrainBuffer(Host& host, std::size_t slice_rows) : host_(host), slice_rows_(slice_rows) {}

  /// Scratch for the row that is being encoded; empty.
  KeyBuffer& key() {
    key_.clear();
    return key_;
  }
  std::string& value() {
    value_.clear();
    return value_;
  }

  /// A row as it was when the state was frozen.
  void put(std::string_view key, std::string_view value);

  /// A row ends. Belongs to the next freeze, whatever is being written down just now.
  void erase(std::string_view key) {
    const std::string_view kept = next_.add(RowChange::Kind::kDelete, key, {});
    if (remember_ends_) ended_.insert(kept);
  }

  /// ended() will be asked. Requires: nothing was erased yet.
  void remember_ends() { remember_ends_ = true; }

  /// ended() will not be asked any more.
  void forget_ends() {
    remember_ends_ = false;
    ended_ = {};
    ended_before_ = {};
  }

  /// The row was erased, and the cold store may not know it yet. Requires: remember_ends().
  bool ended(std::string_view key) const { return ended_.contains(key) || ended_before_.contains(key); }

  /// Among the rows of the picture at hand, or those that were taken last, some end. Requires: remember_ends().
  bool any_ends() const { return !ended_before_.empty(); }

  /// What was erased up to now belongs to the picture at hand. Requires: the rows of the last one were taken.
  void freeze();

  void begin_slice();
  /// The slice is used up.
  bool enough();

  /// All rows of the picture at hand. The buffer is empty afterwards.
  DrainedRows take();
  /// The cold store has the rows that were taken: their memory may serve again.
  void recycle(DrainedRows rows);

  /// Rows that end with the next freeze.
  std::size_t erased() const { return next_.size(); }
  /// What these take, with their place among keys that ended.
  std::size_t erased_bytes() const { return next_.bytes() + ended_.size() * kEndBytes; }

  /// Bytes held, without rows that were taken.
  std::size_t memory_bytes() const {
    return rows_.memory_bytes() + next_.memory_bytes() + bytes_of(ended_) + bytes_of(ended_before_);
  }

  /// Gives memory that no row needs back.
  void shrink();

 private:
  using Ends = std::unordered_set<std::string_view>;

  /// A key that ended, in a set: a node, and places, which stay when the node goes.
  static constexpr std::size_t kNodeBytes = 48;
  static constexpr std::size_t kEndBytes = kNodeBytes + 3 * sizeof(void*);
  static std::size_t bytes_of(const Ends& ends) {
    return ends.size() * kNodeBytes + ends.bucket_count() * sizeof(void*);
  }

  Host& host_;
  std::size_t slice_rows_;
  KeyBuffer key_;
  std::string value_;
  DrainedRows rows_;
  DrainedRows next_;  ///< what belongs to the next freeze
  bool remember_ends_ = false;
  Ends ended_;         ///< keys in `next_`
  Ends ended_before_;  ///< keys in rows_, or in what was taken last
  std::size_t slice_begin_ = 0;
  MonotonicTime slice_end_{};
};

}  // namespace weir::state
