#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "weir/state/row_writer.h"
#include "weir/state/state_section.h"
#include "weir/state/table.h"

namespace weir::state {

/// A table as the section of a state without slices. K may be a SubKey. Thread: task thread only, but load().
template <class K, class V>
class KeyedTable : public StateSection {
 public:
  Table<K, V>& table() { return table_; }
  const Table<K, V>& table() const { return table_; }

  void attach(const SectionContext& context) final {
    rows_.attach(context);
    if (rows_.attached()) table_.track(rows_);
  }
  void freeze() final { table_.freeze(); }
  bool encode() final {
    return table_.drain([this] { return rows_.enough(); });
  }
  void load(const RowPrefix& prefix, std::string_view key_bytes, std::string_view value) final {
    rows_.load(prefix, key_bytes, value, table_, [this](const K& key, std::uint64_t hash) { loaded(key, hash); });
  }
  Timestamp horizon() const final { return Timestamp::min(); }
  void set_horizon(Timestamp) final {}
  std::size_t entries() const final { return table_.size(); }

 private:
  /// An entry came back: what is known about entries outside of the table is to know of it.
  virtual void loaded(const K& /*key*/, std::uint64_t /*hash*/) {}

  RowWriter<K, V> rows_{Sliced::kNo};
  Table<K, V> table_;
};

}  // namespace weir::state
