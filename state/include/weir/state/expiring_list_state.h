#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "weir/state/current_key.h"
#include "weir/state/expiring.h"
#include "weir/state/keyed_state.h"
#include "weir/state/list_state.h"
#include "weir/state/ttl.h"

namespace weir::state {

/// A list for each key, each element of which is gone when its own time to live is over. Calls are about the current
/// key.
///
/// Reading may change: elements that have expired are erased when the list is met and none before them lives. Thread:
/// task thread only.
template <class K, class V>
class ExpiringListState {
 public:
  /// Requires: `key` and `clocks` live as long as this. Errors: ExpiryClock's.
  ExpiringListState(const CurrentKey<K>& key, const StateTtl& ttl, const StateClocks& clocks)
      : list_(key), clock_(ttl, clocks) {}

  /// As ListState::open().
  void open(KeyedState& state, std::string name) {
    list_.open(state, std::move(name), [this] { return clock_.now(); });
  }

  /// Appends.
  void add(V value) {
    drop_expired();
    if (clock_.sweep_is_due())
      list_.erase_some([this](const Expiring<V>& element) { return clock_.expired(element.expires); });
    list_.add({clock_.fresh(), std::move(value)});
  }

  /// Calls f(const V&) for each element, in order. Requires: f does not change the list.
  template <class F>
  void for_each(F&& f) {
    drop_expired();
    const std::size_t places = list_.size();
    for (std::size_t i = 0; i < places; ++i) {
      const Expiring<V>* element = live(i);
      if (element == nullptr) continue;
      f(element->value);
      if (!clock_.renews_on_read(element->expires)) continue;
      Expiring<V>& read = list_.update(i);
      read.expires = clock_.renewed(read.expires);
    }
  }

  /// Elements of the current key's list. Looks at each.
  std::size_t size() const {
    std::size_t elements = 0;
    for (std::size_t i = 0; i < list_.size(); ++i) elements += live(i) != nullptr ? 1 : 0;
    return elements;
  }
  bool empty() const { return size() == 0; }

  /// Drops the first `count` elements, or all if there are fewer.
  void drop_first(std::size_t count) {
    for (drop_expired(); count > 0 && !list_.empty(); --count, drop_expired()) list_.drop_first(1);
  }

  void clear() { list_.clear(); }

 private:
  /// Null: it has expired, and a compaction may have dropped it.
  const Expiring<V>* live(std::size_t i) const {
    const Expiring<V>* element = list_.find(i);
    return element != nullptr && !clock_.expired(element->expires) ? element : nullptr;
  }

  void drop_expired() {
    while (!list_.empty() && live(0) == nullptr) list_.drop_first(1);
  }

  ListState<K, Expiring<V>> list_;
  ExpiryClock clock_;
};

}  // namespace weir::state
