#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/core/codec.h"
#include "weir/core/error.h"
#include "weir/core/key_buffer.h"
#include "weir/core/key_groups.h"
#include "weir/core/row_key.h"
#include "weir/state/cold_reads.h"
#include "weir/state/drain_buffer.h"
#include "weir/state/entry_key.h"
#include "weir/state/entry_writer.h"
#include "weir/state/state_section.h"
#include "weir/state/table.h"

namespace weir::state {

/// Turns entries of a state's tables into rows, and rows into entries.
///
/// Thread: task thread only, but load() and finish_load().
template <class K, class V>
class RowWriter final : public EntryWriter<K, V> {
 public:
  explicit RowWriter(Sliced sliced) : sliced_(sliced) {}

  /// Once, before anything else.
  void attach(const SectionContext& context) { context_ = context; }

  /// The section may not read any more.
  void stop_reading() { context_.reads = nullptr; }

  /// Whether rows are written at all.
  bool attached() const { return context_.out != nullptr; }

  void put(Timestamp slice, std::uint64_t hash, const K& key, const V& value) override {
    encode_row_key(slice, hash, key);
    value_.clear();
    encode_value(value, value_);
    note_row(key_.size() + value_.size());
    context_.out->put(key_.view(), value_);
  }

  void erase(Timestamp slice, std::uint64_t hash, const K& key) override {
    encode_row_key(slice, hash, key);
    context_.out->erase(key_.view());
  }

  /// Reads the row of an entry back. False: there is none. Errors: those of the cold store; CorruptionError.
  /// Requires: the section may read.
  bool read(Timestamp slice, std::uint64_t hash, const K& key, V& value) {
    encode_row_key(slice, hash, key);
    const std::string* row = context_.reads->row(key_.view());
    if (row == nullptr) return false;
    note_row(key_.size() + row->size());
    decode(*row, value);
    return true;
  }

  /// A row that read() will be asked for. Requires: the section may read.
  template <class Key>
  void want(Timestamp slice, std::uint64_t hash, const Key& key) {
    encode_row_key(slice, hash, key);
    context_.reads->want(key_.view());
  }

  /// Calls bool f(K, V&&, hash) for the rows of a key group and slice, in the order of their keys, until it answers
  /// false. Requires: the section may read.
  template <class F>
  void scan(KeyGroup group, Timestamp slice, F&& f) {
    KeyBuffer from;
    append_row_prefix({group, context_.id, slice}, from);
    KeyBuffer to;
    append_row_prefix({group, context_.id, slice + Duration{1}}, to);
    context_.reads->scan(from.view(), to.view(), [&](std::string_view row_key, std::string_view row) {
      take_row_prefix(row_key, Sliced::kYes);
      const K key = EntryKey<K>::decode(row_key);
      V value{};
      decode(row, value);
      return f(key, std::move(value), EntryKey<K>::hash(key));
    });
  }

  /// Bytes that an entry has besides its place in a table, about: those of its row, if it holds any elsewhere.
  std::size_t bytes_elsewhere() const {
    constexpr bool kFlat = std::is_trivially_copyable_v<K> && std::is_trivially_copyable_v<V>;
    constexpr std::size_t kAllocation = 32;
    return kFlat ? 0 : row_bytes() + kAllocation;
  }
  /// Of a row, on average; a guess before the first one.
  std::size_t row_bytes() const {
    constexpr std::size_t kPrefix = 8;
    return rows_ == 0 ? kPrefix + sizeof(K) + sizeof(V) : static_cast<std::size_t>(bytes_ / rows_);
  }

  const SectionContext& context() const { return context_; }

  /// The value of a row. Errors: CorruptionError.
  V value_of(std::string_view row) const {
    V value{};
    decode(row, value);
    return value;
  }

  /// DrainBuffer::enough(). Requires: attached().
  bool enough() { return context_.out->enough(); }

  /// Puts a row, its prefix taken off, into `table`, clean, and tells `loaded(key, hash)` of it: now or later, when
  /// others have come or finish_load() is called. Errors: CorruptionError, of this row or an earlier one. Requires: the
  /// table stays where it is.
  template <class Loaded>
  void load(const RowPrefix& prefix, std::string_view key_bytes, std::string_view value, Table<K, V>& table,
            Loaded&& loaded) {
    add_load(prefix, key_bytes, value, table);
    if (loads_.size() == kLoadedTogether) load_together(loaded);
  }

  /// All rows that load() was given are in their tables afterwards.
  template <class Loaded>
  void finish_load(Loaded&& loaded) {
    load_together(loaded);
    loads_ = {};
  }

  /// load() of a row whose entry the table may hold already, changed or not: it stays as it is then. One that it does
  /// not hold is counted as cold. Calls of load() and bring_back() do not mix between two calls that finish.
  template <class Loaded>
  void bring_back(const RowPrefix& prefix, std::string_view key_bytes, std::string_view value, Table<K, V>& table,
                  Loaded&& loaded) {
    add_load(prefix, key_bytes, value, table);
    if (loads_.size() == kLoadedTogether) bring_back_together(loaded);
  }

  /// All rows that bring_back() was given are in their tables afterwards.
  template <class Loaded>
  void finish_bringing_back(Loaded&& loaded) {
    bring_back_together(loaded);
  }

  /// The key of a row, its prefix taken off. Errors: CorruptionError.
  K key_of(const RowPrefix& prefix, std::string_view key_bytes) const {
    const K key = decode_key_of(prefix, key_bytes);
    if (!key_bytes.empty()) throw CorruptionError("a row of state has bytes left after its key");
    const KeyGroup group = key_group_of(EntryKey<K>::hash(key), context_.key_groups);
    if (group != prefix.group) {
      throw CorruptionError("a row of state lies in key group " + std::to_string(prefix.group.value()) +
                            ", its key belongs to " + std::to_string(group.value()));
    }
    return key;
  }

 private:
  /// A row on its way into a table. Rows come sorted by key, so each has its own place in memory to wait for: several
  /// are waited for at once.
  struct Load {
    Load(K with, Table<K, V>& into) : key(std::move(with)), table(&into) {}

    K key;
    V value{};
    std::uint64_t hash = 0;
    Table<K, V>* table;
  };
  static constexpr std::size_t kLoadedTogether = 32;

  void add_load(const RowPrefix& prefix, std::string_view key_bytes, std::string_view value, Table<K, V>& table) {
    note_row(key_bytes.size() + value.size());
    loads_.reserve(kLoadedTogether);
    Load& load = loads_.emplace_back(key_of(prefix, key_bytes), table);
    load.hash = EntryKey<K>::hash(load.key);
    table.prefetch(load.hash);
    decode(value, load.value);
  }

  template <class Loaded>
  void load_together(Loaded& loaded) {
    for (const Load& load : loads_) load.table->prefetch_value(load.hash);
    for (Load& load : loads_) {
      V* entry = load.table->load(load.hash, load.key);
      if (entry == nullptr) throw CorruptionError("a row of state is there twice");
      fill(*entry, load, loaded);
    }
    loads_.clear();
  }

  template <class Loaded>
  void bring_back_together(Loaded& loaded) {
    for (const Load& load : loads_) load.table->prefetch_value(load.hash);
    for (Load& load : loads_) {
      if (load.table->holds(load.hash, load.key)) continue;
      if (load.table->cold_only() == 0)
        throw CorruptionError("a row of state is there that the checkpoint does not count");
      fill(load.table->bring_back(load.hash, load.key), load, loaded);
    }
    loads_.clear();
  }

  template <class Loaded>
  static void fill(V& entry, Load& load, Loaded& loaded) {
    std::destroy_at(&entry);
    std::construct_at(&entry, std::move(load.value));
    loaded(std::as_const(load.key), load.hash);
  }

  static K decode_key_of(const RowPrefix& prefix, std::string_view& key_bytes) {
    if constexpr (requires { EntryKey<K>::decode(prefix, key_bytes); }) {
      return EntryKey<K>::decode(prefix, key_bytes);
    } else {
      return EntryKey<K>::decode(key_bytes);
    }
  }

  static void decode(std::string_view row, V& value) {
    Reader in(row);
    decode_value(in, value);
    if (in.remaining() != 0) in.fail(type_name<V>(), "ends before its bytes do");
  }

  void note_row(std::size_t bytes) {
    bytes_ += bytes;
    ++rows_;
  }

  template <class Key>
  void encode_row_key(Timestamp slice, std::uint64_t hash, const Key& key) {
    key_.clear();
    append_row_prefix({key_group_of(hash, context_.key_groups), context_.id,
                       sliced_ == Sliced::kYes ? std::optional(slice) : std::nullopt},
                      key_);
    if constexpr (std::is_same_v<Key, K>) {
      EntryKey<K>::encode(key, key_);
    } else {
      encode_key(key, key_);
    }
  }

  Sliced sliced_;
  SectionContext context_;
  KeyBuffer key_;
  std::string value_;
  std::vector<Load> loads_;
  std::uint64_t rows_ = 0;   ///< that were written or read
  std::uint64_t bytes_ = 0;  ///< of these
};

}  // namespace weir::state
