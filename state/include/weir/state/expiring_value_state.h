#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "weir/state/current_key.h"
#include "weir/state/expiring.h"
#include "weir/state/keyed_state.h"
#include "weir/state/ttl.h"
#include "weir/state/value_state.h"

namespace weir::state {

/// A value for each key that is gone when its time to live is over. Calls are about the current key.
///
/// As ValueState, but that reading may change: a value that has expired is erased when it is met. Thread: task thread
/// only.
template <class K, class V>
class ExpiringValueState {
 public:
  /// Requires: `key` and `clocks` live as long as this. Errors: ExpiryClock's.
  ExpiringValueState(const CurrentKey<K>& key, const StateTtl& ttl, const StateClocks& clocks)
      : values_(key), clock_(ttl, clocks) {}

  /// As ValueState::open().
  void open(KeyedState& state, std::string name) {
    values_.open(state, std::move(name), [this] { return clock_.now(); });
  }

  /// Null: there is none.
  const V* get() {
    const Expiring<V>* found = values_.get();
    if (found == nullptr) return nullptr;
    if (clock_.expired(found->expires)) {
      values_.clear();
      return nullptr;
    }
    return clock_.renews_on_read(found->expires) ? &update() : &found->value;
  }

  /// The value to change; V{} if there was none.
  V& update() {
    Expiring<V>* entry = &values_.update();
    if (clock_.expired(entry->expires)) {
      if (clock_.sweep_is_due()) entry = &swept();
      *entry = {clock_.fresh(), V{}};
    } else {
      entry->expires = clock_.renewed(entry->expires);
    }
    return entry->value;
  }

  void set(V value) { update() = std::move(value); }

  void clear() { values_.clear(); }

  /// Keys with a value, expired ones that were not met since among them.
  std::size_t size() const { return values_.size(); }

 private:
  Expiring<V>& swept() {
    values_.erase_some([this](const Expiring<V>& entry) { return clock_.expired(entry.expires); });
    return values_.update();
  }

  ValueState<K, Expiring<V>> values_;
  ExpiryClock clock_;
};

}  // namespace weir::state
