#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "weir/core/key_buffer.h"
#include "weir/core/key_codec.h"
#include "weir/core/row_key.h"
#include "weir/core/time.h"
#include "weir/state/entry_key.h"

namespace weir::state {

/// A timer: what a table of timers is keyed by. Its row lies in the slice that ends at its time, so that the rows of a
/// key group are sorted by time.
template <class K>
struct TimerKey {
  Timestamp time;
  K key;

  /// The same, borrowed, to look up by.
  template <class Key>
  struct View {
    const Timestamp& time;
    const Key& key;
  };

  TimerKey() = default;
  TimerKey(Timestamp at, K of) : time(at), key(std::move(of)) {}
  template <class Key>
  explicit TimerKey(const View<Key>& view) : time(view.time), key(view.key) {}

  friend bool operator==(const TimerKey& a, const TimerKey& b) { return a.time == b.time && a.key == b.key; }
  template <class Key>
  friend bool operator==(const TimerKey& a, const View<Key>& b) {
    return a.time == b.time && a.key == b.key;
  }

  /// From the hash of the key and the time: the high half, and with it the key group, is that of the key.
  static std::uint64_t hash(KeyHash key, Timestamp time) { return SubKey<K, Timestamp>::hash(key, hash_key(time)); }
};

template <class K>
struct EntryKey<TimerKey<K>> {
  static void encode(const TimerKey<K>& timer, KeyBuffer& out) {
    encode_key(timer.time, out);
    encode_key(timer.key, out);
  }
  /// The prefix of the row has the time.
  static TimerKey<K> decode(const RowPrefix& prefix, std::string_view& bytes) {
    return {prefix.slice_end.value(), decode_key<K>(bytes)};
  }
  static std::uint64_t hash(const TimerKey<K>& timer) { return TimerKey<K>::hash(hash_key(timer.key), timer.time); }
};

}  // namespace weir::state
