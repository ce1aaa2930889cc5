#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "weir/state/entry_reader.h"
#include "weir/state/row_writer.h"
#include "weir/state/state_section.h"
#include "weir/state/table.h"

namespace weir::state {

/// Whether a section may forget entries that the cold store has: whoever uses its table then counts on find() and the
/// like alone, never on a walk or on size().
enum class MayEvict : bool { kNo, kYes };

/// A table as the section of a state without slices. K may be a SubKey. Thread: task thread only, but load(),
/// finish_load(), leave_cold() and begin_cold().
template <class K, class V>
class KeyedTable : public StateSection, private EntryReader<K, V> {
 public:
  explicit KeyedTable(MayEvict may_evict = MayEvict::kNo) : may_evict_(may_evict) {}
  KeyedTable(const KeyedTable&) = delete;
  KeyedTable& operator=(const KeyedTable&) = delete;

  Table<K, V>& table() { return table_; }
  const Table<K, V>& table() const { return table_; }

  void attach(const SectionContext& context) final {
    rows_.attach(context);
    if (!rows_.attached()) return;
    table_.track(rows_);
    if (context.reads == nullptr) may_evict_ = MayEvict::kNo;
    if (may_evict_ == MayEvict::kYes) table_.read_from(*this);
  }
  void freeze() final { table_.freeze(); }
  bool encode() final {
    return table_.drain([this] { return rows_.enough(); });
  }
  void load(const RowPrefix& prefix, std::string_view key_bytes, std::string_view value) final {
    rows_.load(prefix, key_bytes, value, table_, [this](const K& key, std::uint64_t hash) { loaded(key, hash); });
  }
  void finish_load() final {
    rows_.finish_load([this](const K& key, std::uint64_t hash) { loaded(key, hash); });
  }
  Timestamp horizon() const final { return Timestamp::min(); }
  void set_horizon(Timestamp) final {}
  std::size_t entries() const final { return table_.size() + table_.cold_only(); }

  Memory memory() const final {
    return {table_.memory_bytes() + table_.size() * rows_.bytes_elsewhere() + index_bytes(), table_.size(),
            table_.changed(), rows_.row_bytes()};
  }
  bool evict() final {
    if (may_evict_ == MayEvict::kNo) return false;
    if (evict_some(hand_)) return true;
    compact_index();
    return false;
  }
  bool leave_cold(const RowPrefix& prefix, std::string_view key_bytes) final {
    if (may_evict_ == MayEvict::kNo) return false;
    table_.expect_cold();
    left_cold(prefix, key_bytes);
    return true;
  }
  bool begin_cold(const StateCount& count, ColdStore& cold) final {
    if (may_evict_ == MayEvict::kNo || (count.entries > 0 && !all_left_cold(cold))) return false;
    table_.expect_cold(count.entries);
    return true;
  }
  void bring_back(const RowPrefix& prefix, std::string_view key_bytes, std::string_view value) final {
    rows_.bring_back(prefix, key_bytes, value, table_, [this](const K& key, std::uint64_t hash) { loaded(key, hash); });
  }
  void finish_bringing_back() final {
    rows_.finish_bringing_back([this](const K& key, std::uint64_t hash) { loaded(key, hash); });
  }
  void stop_reading() final {
    may_evict_ = MayEvict::kNo;
    table_.stop_reading();
    rows_.stop_reading();
    none_cold();
  }

 protected:
  using Hand = typename Table<K, V>::Hand;

  /// An entry may be in the cold store alone.
  bool incomplete() const { return table_.cold_only() > 0; }

  /// Has the entry read ahead if it is not here, before it is asked for.
  template <class Key>
  void want(std::uint64_t hash, const Key& key) {
    if (incomplete() && !table_.holds(hash, key)) rows_.want({}, hash, key);
  }

  /// Erases those of some thousand entries of which bool over(const V&) says so, going on where it was. With a share of
  /// memory nothing: eviction takes them.
  template <class Over>
  void erase_some(Over&& over) {
    if (may_evict_ == MayEvict::kYes && rows_.context().reads != nullptr) return;
    table_.erase_some(erasing_, over, [this](const K& key, std::uint64_t hash) { forgotten(key, hash); });
  }

  RowWriter<K, V>& rows() { return rows_; }
  const RowWriter<K, V>& rows() const { return rows_; }

 private:
  /// evict(), if there is a share of memory: by default those that were not used go.
  virtual bool evict_some(Hand& hand) {
    return table_.evict(hand, [this](const K& key, std::uint64_t hash) { forgotten(key, hash); });
  }
  /// An entry came back: what is known about entries outside of the table is to know of it.
  virtual void loaded(const K& /*key*/, std::uint64_t /*hash*/) {}
  /// An entry is about to be forgotten, or erased by erase_some(): the same.
  virtual void forgotten(const K& /*key*/, std::uint64_t /*hash*/) {}
  /// A row of the restored checkpoint stays in the cold store: the same.
  virtual void left_cold(const RowPrefix& /*prefix*/, std::string_view /*key_bytes*/) {}
  /// All rows of the restored checkpoint do, in `cold`: the same. False: each must be known.
  virtual bool all_left_cold(ColdStore& /*cold*/) { return true; }
  /// Every entry is in memory, and stays there: the same.
  virtual void none_cold() {}
  /// Bytes of what is known about entries outside of the table.
  virtual std::size_t index_bytes() const { return 0; }
  /// Gives back what of them is not needed.
  virtual void compact_index() {}

  bool read(Timestamp slice, std::uint64_t hash, const K& key, V& value) final {
    return rows_.read(slice, hash, key, value);
  }
  void came_back(const K& key, std::uint64_t hash) final { loaded(key, hash); }

  MayEvict may_evict_;
  RowWriter<K, V> rows_{Sliced::kNo};
  Table<K, V> table_;
  Hand hand_;
  Hand erasing_;
};

}  // namespace weir::state
