#pragma once

#include <cstdint>
#include <string_view>
#include <tuple>
#include <utility>

#include "weir/core/hash.h"
#include "weir/core/key_buffer.h"
#include "weir/core/key_codec.h"

namespace weir::state {

/// How the keys of a table are written into rows: a key, or a key with a sub-key.
template <class K>
struct EntryKey {
  static void encode(const K& key, KeyBuffer& out) { encode_key(key, out); }
  static K decode(std::string_view& bytes) { return decode_key<K>(bytes); }
  static std::uint64_t hash(const K& key) { return hash_key(key); }
};

/// The key of an entry that is one of several of its key: a map's key, a place in a list, a timer's time.
template <class K, class Sub>
struct SubKey {
  K key;
  Sub sub;

  /// The same, borrowed, to look up by.
  template <class Key, class Of>
  struct View {
    const Key& key;
    const Of& sub;
  };

  SubKey() = default;
  SubKey(K of, Sub which) : key(std::move(of)), sub(std::move(which)) {}
  template <class Key, class Of>
  explicit SubKey(const View<Key, Of>& view) : key(view.key), sub(view.sub) {}

  friend bool operator==(const SubKey& a, const SubKey& b) { return a.sub == b.sub && a.key == b.key; }
  template <class Key, class Of>
  friend bool operator==(const SubKey& a, const View<Key, Of>& b) {
    return a.sub == b.sub && a.key == b.key;
  }

  /// From the hashes of key and sub-key: the high half, and with it the key group, is that of the key.
  static std::uint64_t hash(KeyHash key, KeyHash sub) {
    std::uint64_t mixed = (key ^ (sub << 32 | sub >> 32)) * 0x9e3779b97f4a7c15;
    mixed ^= mixed >> 32;
    return (key & 0xffff'ffff'0000'0000) | (mixed & 0xffff'ffff);
  }
};

template <class K, class Sub>
struct EntryKey<SubKey<K, Sub>> {
  static void encode(const SubKey<K, Sub>& key, KeyBuffer& out) {
    encode_key(key.key, out);
    encode_key(key.sub, out);
  }
  static SubKey<K, Sub> decode(std::string_view& bytes) {
    K key = decode_key<K>(bytes);
    return {std::move(key), decode_key<Sub>(bytes)};
  }
  static std::uint64_t hash(const SubKey<K, Sub>& key) {
    return SubKey<K, Sub>::hash(hash_key(key.key), hash_key(key.sub));
  }
};

}  // namespace weir::state
