#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "weir/state/current_key.h"
#include "weir/state/expiring.h"
#include "weir/state/keyed_state.h"
#include "weir/state/map_state.h"
#include "weir/state/ttl.h"

namespace weir::state {

/// A map for each key, each entry of which is gone when its own time to live is over. Calls are about the current key.
///
/// As MapState, but that reading may change: entries that have expired are erased when they are met. Thread: task
/// thread only.
template <class K, class MapKey, class V>
class ExpiringMapState {
 public:
  /// Requires: `key` and `clocks` live as long as this. Errors: ExpiryClock's.
  ExpiringMapState(const CurrentKey<K>& key, const StateTtl& ttl, const StateClocks& clocks)
      : map_(key), clock_(ttl, clocks) {}

  /// As MapState::open().
  void open(KeyedState& state, std::string name) {
    map_.open(state, std::move(name), [this] { return clock_.now(); });
  }

  /// Null: there is none.
  const V* get(const MapKey& map_key) {
    const Expiring<V>* found = map_.get(map_key);
    if (found == nullptr) return nullptr;
    if (clock_.expired(found->expires)) {
      map_.erase(map_key);
      return nullptr;
    }
    return clock_.renews_on_read(found->expires) ? &update(map_key) : &found->value;
  }

  /// The value to change; V{} if there was none.
  V& update(const MapKey& map_key) {
    Expiring<V>* entry = &map_.update(map_key);
    if (clock_.expired(entry->expires)) {
      if (clock_.sweep_is_due()) entry = &swept(map_key);
      *entry = {clock_.fresh(), V{}};
    } else {
      entry->expires = clock_.renewed(entry->expires);
    }
    return entry->value;
  }

  void set(const MapKey& map_key, V value) { update(map_key) = std::move(value); }

  /// Whether there was such an entry.
  bool erase(const MapKey& map_key) {
    const Expiring<V>* found = map_.get(map_key);
    const bool live = found != nullptr && !clock_.expired(found->expires);
    map_.erase(map_key);
    return live;
  }

  /// Calls f(const MapKey&, const V&) for each entry, in the order of the keys. Requires: f does not change the map.
  template <class F>
  void for_each(F&& f) {
    Met met;
    map_.for_each([&](const MapKey& map_key, const Expiring<V>& entry) { meet(map_key, entry, met, f); });
    note(met);
  }

  /// The same for the entries whose keys lie between these two, both included.
  template <class F>
  void for_each_between(const MapKey& first, const MapKey& last, F&& f) {
    Met met;
    map_.for_each_between(first, last,
                          [&](const MapKey& map_key, const Expiring<V>& entry) { meet(map_key, entry, met, f); });
    note(met);
  }

  /// Entries of the current key's map. Looks at each.
  std::size_t size() const {
    std::size_t live = 0;
    map_.for_each([&](const MapKey&, const Expiring<V>& entry) { live += clock_.expired(entry.expires) ? 0 : 1; });
    return live;
  }
  bool empty() const { return size() == 0; }

  void clear() { map_.clear(); }

 private:
  /// What a walk leaves to be done: it must not change the map.
  struct Met {
    std::vector<MapKey> expired;
    std::vector<MapKey> read;
  };

  template <class F>
  void meet(const MapKey& map_key, const Expiring<V>& entry, Met& met, F& f) const {
    if (clock_.expired(entry.expires)) {
      met.expired.push_back(map_key);
      return;
    }
    f(map_key, entry.value);
    if (clock_.renews_on_read(entry.expires)) met.read.push_back(map_key);
  }
  void note(const Met& met) {
    for (const MapKey& map_key : met.expired) map_.erase(map_key);
    for (const MapKey& map_key : met.read) update(map_key);
  }

  Expiring<V>& swept(const MapKey& map_key) {
    map_.erase_some([this](const Expiring<V>& entry) { return clock_.expired(entry.expires); });
    return map_.update(map_key);
  }

  MapState<K, MapKey, Expiring<V>> map_;
  ExpiryClock clock_;
};

}  // namespace weir::state
