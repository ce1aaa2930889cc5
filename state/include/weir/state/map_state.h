#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "weir/core/hash.h"
#include "weir/core/key_buffer.h"
#include "weir/core/key_codec.h"
#include "weir/core/time.h"
#include "weir/state/current_key.h"
#include "weir/state/entry_key.h"
#include "weir/state/keyed_state.h"
#include "weir/state/keyed_table.h"
#include "weir/state/state_declaration.h"
#include "weir/state/sub_rows.h"

namespace weir::state {

/// Orders keys as their rows are ordered.
template <class K>
struct KeyLess {
  bool operator()(const K& a, const K& b) const {
    if constexpr (std::is_same_v<K, std::string> || std::is_same_v<K, Timestamp> ||
                  (std::is_integral_v<K> && !std::is_same_v<K, char>)) {
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
/// about an entry that is there allocates nothing.
///
/// With a memory budget, one key's map may be larger than memory. An entry that was not used for a while is read back
/// alone when it is; for_each() and clear() read what is not in memory as they go, without keeping it; so does size(),
/// unless all of the map's entries have been in memory since they were counted. Thread: task thread only.
template <class K, class MapKey, class V>
class MapState final : private KeyedTable<SubKey<K, MapKey>, V> {
 public:
  /// Requires: `key` lives as long as this.
  explicit MapState(const CurrentKey<K>& key) : KeyedTable<SubKey<K, MapKey>, V>(MayEvict::kYes), key_(key) {}

  /// In the operator's open(); without it the state is lost with the operator. Requires: this lives as long as `state`.
  /// `expired_before`: as StateDeclaration's.
  void open(KeyedState& state, std::string name, ExpiredBefore expired_before = nullptr) {
    StateDeclaration declaration = declare_map<K, MapKey, V>(std::move(name));
    declaration.expired_before = std::move(expired_before);
    state.add(std::move(declaration), *this);
  }

  /// Entries of the current key's map.
  std::size_t size() const {
    const MapKeys* keys = std::as_const(keys_).find(key_.hash(), key_.key());
    const std::size_t held = keys != nullptr ? keys->held.size() : 0;
    if (all_held(keys)) return held;
    if (keys != nullptr && keys->cold) return held + *keys->cold;
    std::size_t cold = 0;
    scan_cold(keys, [&](const MapKey&, std::string_view) {
      ++cold;
      return true;
    });
    if (keys != nullptr) const_cast<MapKeys*>(keys)->cold = cold;
    return held + cold;
  }

  bool empty() const {
    const MapKeys* keys = std::as_const(keys_).find(key_.hash(), key_.key());
    if (keys != nullptr && !keys->held.empty()) return false;
    return all_held(keys) || size() == 0;
  }

  /// Null: there is none.
  const V* get(const MapKey& map_key) const { return this->table().find(hash_of(map_key), view(map_key)); }

  /// The value to change; V{} if there was none.
  V& update(const MapKey& map_key) {
    const auto [value, fresh] = this->table().find_or_insert(hash_of(map_key), view(map_key));
    if (fresh) keys_of(key_.hash(), key_.key()).held.insert(map_key);
    return *value;
  }

  void set(const MapKey& map_key, V value) { update(map_key) = std::move(value); }

  /// Whether there was such an entry.
  bool erase(const MapKey& map_key) {
    if (!this->table().erase(hash_of(map_key), view(map_key))) return false;
    MapKeys* keys = keys_.find(key_.hash(), key_.key());
    keys->held.erase(map_key);
    if (keys->held.empty()) keys_.erase(key_.hash(), key_.key());
    return true;
  }

  /// Calls f(const MapKey&, const V&) for each entry, in the order of the keys. Requires: f does not change the map.
  template <class F>
  void for_each(F&& f) const {
    const MapKeys* keys = std::as_const(keys_).find(key_.hash(), key_.key());
    if (!all_held(keys)) return for_each_of_both(keys, f);
    if (keys == nullptr) return;
    for (const MapKey& map_key : keys->held) f(map_key, *get(map_key));
  }

  /// The same for the entries whose keys lie between these two, both included. Cost: a search, and these entries.
  template <class F>
  void for_each_between(const MapKey& first, const MapKey& last, F&& f) const {
    static const MapKeys kNone;
    const KeyLess<MapKey> less;
    const MapKeys* keys = std::as_const(keys_).find(key_.hash(), key_.key());
    const auto& in_memory = keys != nullptr ? keys->held : kNone.held;
    auto held = in_memory.lower_bound(first);
    const auto end = in_memory.upper_bound(last);
    if (!all_held(keys)) {
      cold_rows().scan_from(first, [&](const MapKey& map_key, std::string_view row) {
        if (less(last, map_key)) return false;
        if (in_memory.contains(map_key)) return true;
        const V value = const_cast<MapState&>(*this).rows().value_of(row);
        for (; held != end && less(*held, map_key); ++held) f(*held, *get(*held));
        f(map_key, value);
        return true;
      });
    }
    for (; held != end; ++held) f(*held, *get(*held));
  }

  /// Ends those of some thousand entries, of any keys, of which bool over(const V&) says so, going on where it was;
  /// unless eviction takes what nobody uses. Invalidates all references.
  template <class Over>
  void erase_some(Over&& over) {
    KeyedTable<Entry, V>::erase_some(over);
  }

  void clear() {
    const MapKeys* keys = keys_.find(key_.hash(), key_.key());
    if (!all_held(keys)) {
      scan_cold(keys, [this](const MapKey& map_key, std::string_view) {
        this->table().erase_unread(hash_of(map_key), view(map_key));
        return true;
      });
    }
    if (keys == nullptr) return;
    for (const MapKey& map_key : keys->held) this->table().erase(hash_of(map_key), view(map_key));
    keys_.erase(key_.hash(), key_.key());
  }

 private:
  struct MapKeys {
    std::set<MapKey, KeyLess<MapKey>> held;          ///< of the entries in the table
    std::optional<std::size_t> cold = std::nullopt;  ///< entries that only the cold store has; none: not counted
  };
  using Entry = SubKey<K, MapKey>;
  using View = typename Entry::template View<typename CurrentKey<K>::View, MapKey>;

  View view(const MapKey& map_key) const { return {key_.key(), map_key}; }
  std::uint64_t hash_of(const MapKey& map_key) const { return Entry::hash(key_.hash(), hash_key(map_key)); }

  /// Nothing of the map is in the cold store alone.
  bool all_held(const MapKeys* keys) const { return !this->incomplete() || (keys != nullptr && keys->cold == 0); }

  template <class Key>
  MapKeys& keys_of(KeyHash hash, const Key& key) {
    const auto [keys, fresh] = keys_.find_or_insert(hash, key);
    if (fresh && !this->incomplete()) keys->cold = 0;
    return *keys;
  }

  SubRows<MapKey> cold_rows() const { return {const_cast<MapState&>(*this).rows().context(), key_.hash(), key_.key()}; }

  /// Calls bool f(const MapKey&, row) for the entries that only the cold store has, in order, until it answers false.
  template <class F>
  void scan_cold(const MapKeys* keys, F&& f) const {
    cold_rows().scan([&](const MapKey& map_key, std::string_view row) {
      return (keys != nullptr && keys->held.contains(map_key)) || f(map_key, row);
    });
  }

  template <class F>
  void for_each_of_both(const MapKeys* keys, F& f) const {
    static const MapKeys kNone;
    if (keys == nullptr) keys = &kNone;
    auto held = keys->held.begin();
    scan_cold(keys, [&](const MapKey& map_key, std::string_view row) {
      const V value = const_cast<MapState&>(*this).rows().value_of(row);
      for (; held != keys->held.end() && KeyLess<MapKey>()(*held, map_key); ++held) f(*held, *get(*held));
      f(map_key, value);
      return true;
    });
    for (; held != keys->held.end(); ++held) f(*held, *get(*held));
  }

  void loaded(const Entry& entry, std::uint64_t) override {
    MapKeys& keys = *keys_.find_or_insert(hash_key(entry.key), entry.key).first;
    keys.held.insert(keys.held.end(), entry.sub);
    if (keys.cold && *keys.cold > 0) --*keys.cold;
  }
  void forgotten(const Entry& entry, std::uint64_t) override {
    const KeyHash hash = hash_key(entry.key);
    MapKeys* keys = keys_.find(hash, entry.key);
    WEIR_CHECK(keys != nullptr);
    keys->held.erase(entry.sub);
    if (keys->cold) ++*keys->cold;
    if (keys->held.empty()) keys_.erase(hash, entry.key);
  }
  std::size_t index_bytes() const override {
    constexpr std::size_t kNode = sizeof(MapKey) + 48;
    return keys_.memory_bytes() + this->table().size() * kNode;
  }
  void compact_index() override { keys_.compact(); }

  const CurrentKey<K>& key_;
  Table<K, MapKeys> keys_;  ///< of the maps of which something is in memory
};

}  // namespace weir::state
