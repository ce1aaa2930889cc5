#pragma once

#include <string>
#include <utility>

#include "weir/state/current_key.h"
#include "weir/state/keyed_state.h"
#include "weir/state/keyed_table.h"
#include "weir/state/state_declaration.h"

namespace weir::state {

/// A value for each key, or none. Calls are about the current key.
///
/// References and pointers are valid until the next call for another key, and the end of the record at the latest.
/// A call for a key that has a value allocates nothing. Thread: task thread only.
template <class K, class V>
class ValueState final : private KeyedTable<K, V>, private ReadsAhead {
 public:
  /// Requires: `key` lives as long as this.
  explicit ValueState(const CurrentKey<K>& key) : KeyedTable<K, V>(MayEvict::kYes), key_(key) {}

  /// In the operator's open(); without it the state is lost with the operator. Requires: this lives as long as `state`.
  /// `expired_before`: as StateDeclaration's.
  void open(KeyedState& state, std::string name, ExpiredBefore expired_before = nullptr) {
    StateDeclaration declaration = declare_value<K, V>(std::move(name));
    declaration.expired_before = std::move(expired_before);
    state.add(std::move(declaration), *this);
    if (state.reads() != nullptr) key_.follow(*this);
  }

  /// Null: there is none.
  const V* get() const { return this->table().find(key_.hash(), key_.key()); }

  /// The value to change; V{} if there was none.
  V& update() { return *this->table().find_or_insert(key_.hash(), key_.key()).first; }

  void set(V value) { update() = std::move(value); }

  void clear() { this->table().erase(key_.hash(), key_.key()); }

  /// Ends those of some thousand values of which bool over(const V&) says so, going on where it was; unless eviction
  /// takes what nobody uses. Invalidates all references.
  template <class Over>
  void erase_some(Over&& over) {
    KeyedTable<K, V>::erase_some(over);
  }

  /// Keys with a value.
  std::size_t size() const { return this->entries(); }

 private:
  bool any_cold() const override { return this->incomplete(); }
  void want_current_key() override { this->want(key_.hash(), key_.key()); }

  const CurrentKey<K>& key_;
};

}  // namespace weir::state
