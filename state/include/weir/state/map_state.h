#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <type_traits>
#include <utility>

#include "weir/core/hash.h"
#include "weir/core/key_buffer.h"
#include "weir/core/key_codec.h"
#include "weir/core/schema_of.h"
#include "weir/state/current_key.h"
#include "weir/state/entry_key.h"
#include "weir/state/keyed_state.h"
#include "weir/state/keyed_table.h"

namespace weir::state {

/// Orders keys as their rows are ordered.
template <class K>
struct KeyLess {
  bool operator()(const K& a, const K& b) const {
    if constexpr (std::is_same_v<K, std::string> || (std::is_integral_v<K> && !std::is_same_v<K, char>)) {
      return a < b;
    } else {
      KeyBuffer left;
      KeyBuffer right;
      encode_key(a, left);
      encode_key(b, right);
      return left.view() < right.view();
    }
  }
};

/// A map for each key. Calls are about the current key.
///
/// Each of the map's entries is an entry of state: changing one costs a checkpoint this one and not the map. Pointers
/// and references are valid until the next call that is not const, and the end of the record at the latest. A call
/// about an entry that is there allocates nothing. Thread: task thread only.
template <class K, class MapKey, class V>
class MapState final : private KeyedTable<SubKey<K, MapKey>, V> {
 public:
  /// Requires: `key` lives as long as this.
  explicit MapState(const CurrentKey<K>& key) : key_(key) {}

  /// In the operator's open(); without it the state is lost with the operator. Requires: this lives as long as `state`.
  void open(KeyedState& state, std::string name) {
    Schema map{Schema::Kind::kMap, {}, {{"key", schema_of<MapKey>()}, {"value", schema_of<V>()}}};
    state.add(std::move(name), Sliced::kNo, schema_of<K>(), std::move(map), *this);
  }

  /// Entries of the current key's map.
  std::size_t size() const {
    const MapKeys* keys = std::as_const(keys_).find(key_.hash(), key_.key());
    return keys != nullptr ? keys->size() : 0;
  }
  bool empty() const { return size() == 0; }

  /// Null: there is none.
  const V* get(const MapKey& map_key) const { return this->table().find(hash_of(map_key), view(map_key)); }

  /// The value to change; V{} if there was none.
  V& update(const MapKey& map_key) {
    const auto [value, fresh] = this->table().find_or_insert(hash_of(map_key), view(map_key));
    if (fresh) keys_.find_or_insert(key_.hash(), key_.key()).first->insert(map_key);
    return *value;
  }

  void set(const MapKey& map_key, V value) { update(map_key) = std::move(value); }

  /// Whether there was such an entry.
  bool erase(const MapKey& map_key) {
    if (!this->table().erase(hash_of(map_key), view(map_key))) return false;
    MapKeys* keys = keys_.find(key_.hash(), key_.key());
    keys->erase(map_key);
    if (keys->empty()) keys_.erase(key_.hash(), key_.key());
    return true;
  }

  /// Calls f(const MapKey&, const V&) for each entry, in the order of the keys. Requires: f does not change the map.
  template <class F>
  void for_each(F&& f) const {
    const MapKeys* keys = std::as_const(keys_).find(key_.hash(), key_.key());
    if (keys == nullptr) return;
    for (const MapKey& map_key : *keys) f(map_key, *get(map_key));
  }

  void clear() {
    const MapKeys* keys = keys_.find(key_.hash(), key_.key());
    if (keys == nullptr) return;
    for (const MapKey& map_key : *keys) this->table().erase(hash_of(map_key), view(map_key));
    keys_.erase(key_.hash(), key_.key());
  }

 private:
  using MapKeys = std::set<MapKey, KeyLess<MapKey>>;
  using Entry = SubKey<K, MapKey>;
  using View = typename Entry::template View<typename CurrentKey<K>::View, MapKey>;

  View view(const MapKey& map_key) const { return {key_.key(), map_key}; }
  std::uint64_t hash_of(const MapKey& map_key) const { return Entry::hash(key_.hash(), hash_key(map_key)); }

  void loaded(const Entry& entry, std::uint64_t) override {
    MapKeys& keys = *keys_.find_or_insert(hash_key(entry.key), entry.key).first;
    keys.insert(keys.end(), entry.sub);
  }

  const CurrentKey<K>& key_;
  Table<K, MapKeys> keys_;  ///< of the maps that are not empty
};

}  // namespace weir::state
