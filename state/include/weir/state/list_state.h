#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "weir/core/hash.h"
#include "weir/core/schema_of.h"
#include "weir/state/current_key.h"
#include "weir/state/entry_key.h"
#include "weir/state/keyed_state.h"
#include "weir/state/keyed_table.h"

namespace weir::state {

/// A list for each key. Calls are about the current key.
///
/// Each element is an entry of its own: adding one, or dropping the first ones, costs a checkpoint these and not the
/// list. Pointers are valid until the next call that is not const, and the end of the record at the latest.
/// Thread: task thread only.
template <class K, class V>
class ListState final : private KeyedTable<SubKey<K, std::uint64_t>, V> {
 public:
  /// Requires: `key` lives as long as this.
  explicit ListState(const CurrentKey<K>& key) : key_(key) {}

  /// In the operator's open(); without it the state is lost with the operator. Requires: this lives as long as `state`.
  void open(KeyedState& state, std::string name) {
    state.add(std::move(name), Sliced::kNo, schema_of<K>(), schema_of<std::vector<V>>(), *this);
  }

  /// Elements of the current key's list.
  std::size_t size() const {
    const Places* places = std::as_const(places_).find(key_.hash(), key_.key());
    return places != nullptr ? places->end - places->begin : 0;
  }
  bool empty() const { return size() == 0; }

  /// Appends.
  void add(V value) {
    Places& places = *places_.find_or_insert(key_.hash(), key_.key()).first;
    *this->table().find_or_insert(hash_of(places.end), view(places.end)).first = std::move(value);
    ++places.end;
  }

  /// Requires: i < size().
  const V& operator[](std::size_t i) const { return *find(this->table(), i); }
  /// The same, to change it.
  V& update(std::size_t i) { return *find(this->table(), i); }

  /// Calls f(const V&) for each element, in order. Requires: f does not change the list.
  template <class F>
  void for_each(F&& f) const {
    const std::size_t elements = size();
    for (std::size_t i = 0; i < elements; ++i) f((*this)[i]);
  }

  /// Drops the first `count` elements, or all if there are fewer.
  void drop_first(std::size_t count) {
    Places* places = places_.find(key_.hash(), key_.key());
    if (places == nullptr) return;
    for (; count > 0 && places->begin != places->end; --count, ++places->begin)
      this->table().erase(hash_of(places->begin), view(places->begin));
    if (places->begin == places->end) places_.erase(key_.hash(), key_.key());
  }

  void clear() { drop_first(size()); }

 private:
  /// Where the elements of a list are: their sub-keys.
  struct Places {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
  };
  using Element = SubKey<K, std::uint64_t>;
  using View = typename Element::template View<typename CurrentKey<K>::View, std::uint64_t>;

  View view(const std::uint64_t& place) const { return {key_.key(), place}; }
  std::uint64_t hash_of(std::uint64_t place) const { return Element::hash(key_.hash(), hash_key(place)); }

  template <class Elements>
  auto* find(Elements& elements, std::size_t i) const {
    const Places* places = std::as_const(places_).find(key_.hash(), key_.key());
    WEIR_CHECK(places != nullptr && i < places->end - places->begin, i);
    const std::uint64_t place = places->begin + i;
    return elements.find(hash_of(place), view(place));
  }

  void loaded(const Element& element, std::uint64_t) override {
    const auto [places, fresh] = places_.find_or_insert(hash_key(element.key), element.key);
    if (fresh) {
      *places = {element.sub, element.sub + 1};
    } else {
      *places = {std::min(places->begin, element.sub), std::max(places->end, element.sub + 1)};
    }
  }

  const CurrentKey<K>& key_;
  Table<K, Places> places_;  ///< of the lists that are not empty
};

}  // namespace weir::state
