#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/row_key.h"
#include "weir/state/cold_store.h"

namespace weir::state {

using Rows = std::map<std::string, std::string>;

/// Changes that own their bytes; no value: the row is deleted.
using Changes = std::map<std::string, std::optional<std::string>>;

inline std::string row_key(std::uint16_t state, std::optional<Timestamp> slice_end, std::uint64_t key,
                           std::uint16_t group = 0) {
  KeyBuffer out;
  append_row_key({KeyGroup(group), StateId(state), slice_end}, key, out);
  return std::string(out.view());
}

inline void ingest(ColdStore& store, const Changes& changes) {
  std::vector<RowChange> views;
  for (const auto& [key, value] : changes)
    views.push_back(
        {value ? RowChange::Kind::kPut : RowChange::Kind::kDelete, key, value ? std::string_view(*value) : ""});
  store.ingest(views);
}

inline void change(const Changes& changes, Rows& rows) {
  for (const auto& [key, value] : changes) {
    if (value) {
      rows[key] = *value;
    } else {
      rows.erase(key);
    }
  }
}

inline Rows scan(ColdStore& store, std::string_view from = {}, std::string_view to = {}) {
  Rows rows;
  std::string last;
  bool in_order = true;
  store.scan(from, to, [&](std::string_view key, std::string_view value) {
    in_order = in_order && (rows.empty() || last < key);
    last = key;
    rows.emplace(key, value);
  });
  if (!in_order) rows["rows came out of order"];
  return rows;
}

}  // namespace weir::state
