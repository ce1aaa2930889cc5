#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "weir/core/codec.h"
#include "weir/core/error.h"
#include "weir/core/key_buffer.h"
#include "weir/core/key_groups.h"
#include "weir/core/row_key.h"
#include "weir/state/drain_buffer.h"
#include "weir/state/entry_key.h"
#include "weir/state/entry_writer.h"
#include "weir/state/state_section.h"
#include "weir/state/table.h"

namespace weir::state {

/// Turns entries of a state's tables into rows, and rows into entries.
///
/// Thread: task thread only, but load().
template <class K, class V>
class RowWriter final : public EntryWriter<K, V> {
 public:
  explicit RowWriter(Sliced sliced) : sliced_(sliced) {}

  /// Once, before anything else.
  void attach(const SectionContext& context) { context_ = context; }

  /// Whether rows are written at all.
  bool attached() const { return context_.out != nullptr; }

  void put(Timestamp slice, std::uint64_t hash, const K& key, const V& value) override {
    encode_row_key(slice, hash, key);
    value_.clear();
    encode_value(value, value_);
    context_.out->put(key_.view(), value_);
  }

  void erase(Timestamp slice, std::uint64_t hash, const K& key) override {
    encode_row_key(slice, hash, key);
    context_.out->erase(key_.view());
  }

  /// DrainBuffer::enough(). Requires: attached().
  bool enough() { return context_.out->enough(); }

  /// Puts a row, its prefix taken off, into `table`, clean; `loaded(key, hash)` is told of it. Errors: CorruptionError.
  template <class Loaded>
  void load(const RowPrefix& prefix, std::string_view key_bytes, std::string_view value, Table<K, V>& table,
            Loaded&& loaded) {
    const K key = EntryKey<K>::decode(key_bytes);
    if (!key_bytes.empty()) throw CorruptionError("a row of state has bytes left after its key");
    const std::uint64_t hash = EntryKey<K>::hash(key);
    const KeyGroup group = key_group_of(hash, context_.key_groups);
    if (group != prefix.group) {
      throw CorruptionError("a row of state lies in key group " + std::to_string(prefix.group.value()) +
                            ", its key belongs to " + std::to_string(group.value()));
    }
    V* entry = table.load(hash, key);
    if (entry == nullptr) throw CorruptionError("a row of state is there twice");
    Reader in(value);
    decode_value(in, *entry);
    if (in.remaining() != 0) in.fail(type_name<V>(), "ends before its bytes do");
    loaded(key, hash);
  }

 private:
  void encode_row_key(Timestamp slice, std::uint64_t hash, const K& key) {
    key_.clear();
    append_row_prefix({key_group_of(hash, context_.key_groups), context_.id,
                       sliced_ == Sliced::kYes ? std::optional(slice) : std::nullopt},
                      key_);
    EntryKey<K>::encode(key, key_);
  }

  Sliced sliced_;
  SectionContext context_;
  KeyBuffer key_;
  std::string value_;
};

}  // namespace weir::state
