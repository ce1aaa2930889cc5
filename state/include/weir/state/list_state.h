#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/core/hash.h"
#include "weir/state/current_key.h"
#include "weir/state/entry_key.h"
#include "weir/state/keyed_state.h"
#include "weir/state/keyed_table.h"
#include "weir/state/state_declaration.h"
#include "weir/state/sub_rows.h"

namespace weir::state {

/// A list for each key. Calls are about the current key.
///
/// Each element is an entry of its own: adding one, or dropping the first ones, costs a checkpoint these and not the
/// list. Pointers are valid until the next call that is not const, and the end of the record at the latest.
///
/// With a memory budget, elements that were not used for a while are read back one by one when they are. A key of which
/// nothing is in memory, or that is new, costs a look at the cold store's first and last row of it.
/// Thread: task thread only.
template <class K, class V>
class ListState final : private KeyedTable<SubKey<K, std::uint64_t>, V> {
 public:
  /// Requires: `key` lives as long as this.
  explicit ListState(const CurrentKey<K>& key) : KeyedTable<SubKey<K, std::uint64_t>, V>(MayEvict::kYes), key_(key) {}

  /// In the operator's open(); without it the state is lost with the operator. Requires: this lives as long as `state`.
  /// `expired_before`: as StateDeclaration's.
  void open(KeyedState& state, std::string name, ExpiredBefore expired_before = nullptr) {
    StateDeclaration declaration = declare_list<K, V>(std::move(name));
    may_lack_elements_ = expired_before != nullptr;
    declaration.expired_before = std::move(expired_before);
    state.add(std::move(declaration), *this);
  }

  /// Elements of the current key's list.
  std::size_t size() const {
    const Places* places = known_places();
    return places != nullptr ? places->end - places->begin : 0;
  }
  bool empty() const { return size() == 0; }

  /// Appends.
  void add(V value) {
    known_places();
    Places& places = *places_.find_or_insert(key_.hash(), key_.key()).first;
    this->table().insert_absent(hash_of(places.end), view(places.end)) = std::move(value);
    ++places.end;
    ++places.held;
  }

  /// Requires: i < size().
  const V& operator[](std::size_t i) const { return *there(look_up(this->table(), i), i); }
  /// The same, to change it.
  V& update(std::size_t i) { return *there(look_up(this->table(), i), i); }

  /// The same where elements expire. Null: it had expired, and has been dropped.
  const V* find(std::size_t i) const { return look_up(this->table(), i); }

  /// Calls f(const V&) for each element, in order. Requires: f does not change the list.
  template <class F>
  void for_each(F&& f) const {
    const std::size_t elements = size();
    for (std::size_t i = 0; i < elements; ++i) f((*this)[i]);
  }

  /// Drops the first `count` elements, or all if there are fewer.
  void drop_first(std::size_t count) {
    if (known_places() == nullptr) return;
    Places* places = places_.find(key_.hash(), key_.key());
    for (; count > 0 && places->begin != places->end; --count, ++places->begin)
      if (drop(places->begin)) --places->held;
    // What is left and not in memory is found again by its rows.
    if (places->held == 0) places_.erase(key_.hash(), key_.key());
  }

  void clear() { drop_first(size()); }

  /// Where elements expire: ends those of some thousand, of any keys, of which bool over(const V&) says so, going on
  /// where it was; unless eviction takes what nobody uses. Places stay. Invalidates all pointers.
  template <class Over>
  void erase_some(Over&& over) {
    KeyedTable<Element, V>::erase_some(over);
  }

 private:
  /// Where the elements of a list are: their sub-keys.
  struct Places {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::uint64_t held = 0;  ///< elements in the table
  };
  using Element = SubKey<K, std::uint64_t>;
  using View = typename Element::template View<typename CurrentKey<K>::View, std::uint64_t>;

  View view(const std::uint64_t& place) const { return {key_.key(), place}; }
  std::uint64_t hash_of(std::uint64_t place) const { return Element::hash(key_.hash(), hash_key(place)); }

  template <class Elements>
  auto* look_up(Elements& elements, std::size_t i) const {
    const Places* places = known_places();
    WEIR_CHECK(places != nullptr && i < places->end - places->begin, i);
    const std::uint64_t place = places->begin + i;
    return elements.find(hash_of(place), view(place));
  }
  template <class E>
  static E* there(E* element, std::size_t i) {
    WEIR_CHECK(element != nullptr, i);
    return element;
  }

  /// Whether the table held it.
  bool drop(std::uint64_t place) {
    return may_lack_elements_ ? this->table().erase(hash_of(place), view(place))
                              : this->table().erase_unread(hash_of(place), view(place));
  }

  /// Of the current key; null: its list is empty.
  const Places* known_places() const {
    if (const Places* places = std::as_const(places_).find(key_.hash(), key_.key())) return places;
    return this->incomplete() ? find_places() : nullptr;
  }

  /// Of a list that is in the cold store alone, if there is one. Elements are dropped from the front and added at the
  /// back, so that all between its first and its last row are there, but for those that have expired.
  const Places* find_places() const {
    auto& self = const_cast<ListState&>(*this);
    const SubRows<std::uint64_t> rows(self.rows().context(), key_.hash(), key_.key());
    while (const std::optional<std::uint64_t> first = rows.first()) {
      const std::optional<std::uint64_t> last = rows.last();
      if (last && *last >= *first) {
        // The places are forgotten with the last element that is in memory: there is one now.
        if (this->table().find(hash_of(*last), view(*last)) != nullptr) {
          Places& places = *self.places_.find(key_.hash(), key_.key());
          places.begin = *first;
          return &places;
        }
      }
      // Unless a compaction has dropped rows meanwhile, which have expired then.
      WEIR_CHECK(may_lack_elements_, *first);
    }
    return nullptr;
  }

  void loaded(const Element& element, std::uint64_t) override {
    const auto [places, fresh] = places_.find_or_insert(hash_key(element.key), element.key);
    if (fresh) {
      *places = {element.sub, element.sub + 1, 1};
    } else {
      *places = {std::min(places->begin, element.sub), std::max(places->end, element.sub + 1), places->held + 1};
    }
  }
  void forgotten(const Element& element, std::uint64_t) override {
    const std::uint64_t hash = hash_key(element.key);
    Places* places = places_.find(hash, element.key);
    WEIR_CHECK(places != nullptr && places->held > 0);
    if (--places->held == 0) places_.erase(hash, element.key);
  }
  void left_cold(const RowPrefix&, std::string_view key_bytes) override {
    const Element element = EntryKey<Element>::decode(key_bytes);
    if (Places* places = places_.find(hash_key(element.key), element.key))
      places->end = std::max(places->end, element.sub + 1);
  }
  /// Where the elements of a list are follows from each of them.
  bool all_left_cold(ColdStore&) override { return false; }
  std::size_t index_bytes() const override { return places_.memory_bytes(); }
  void compact_index() override { places_.compact(); }

  const CurrentKey<K>& key_;
  bool may_lack_elements_ = false;  ///< those that have expired
  Table<K, Places> places_;         ///< of the lists of which something is in memory
};

}  // namespace weir::state
