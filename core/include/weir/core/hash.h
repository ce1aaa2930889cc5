#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "weir/core/detail/xxh3.h"
#include "weir/core/key_codec.h"

namespace weir {

/// XXH3_64 of an encoded key. Its high bits choose the key group, its low bits the place in a table.
using KeyHash = std::uint64_t;

struct Hash128 {
  std::uint64_t low;
  std::uint64_t high;

  friend constexpr bool operator==(const Hash128&, const Hash128&) = default;
};

/// XXH3_64 and XXH3_128 of bytes, seed 0.
std::uint64_t hash_bytes(std::string_view bytes);
Hash128 hash128(std::string_view bytes);

namespace detail {

inline constexpr std::size_t kNoFixedSize = ~std::size_t{0};

template <class K>
constexpr std::size_t fixed_key_size();

template <class... Types>
constexpr std::size_t sum_of_key_sizes(TypeList<Types...>) {
  if (((fixed_key_size<Types>() == kNoFixedSize) || ...)) return kNoFixedSize;
  return (fixed_key_size<Types>() + ... + 0);
}

/// How long every encoded key of this type is; kNoFixedSize if that differs.
template <class K>
constexpr std::size_t fixed_key_size() {
  constexpr Shape shape = shape_of<K>;
  if constexpr (shape == Shape::kBool || shape == Shape::kInteger) {
    return sizeof(K);
  } else if constexpr (shape == Shape::kString || is_view(shape)) {
    return kNoFixedSize;
  } else if constexpr (shape == Shape::kArray) {
    constexpr std::size_t element = sum_of_key_sizes(PartsOf<K>{});
    return element == kNoFixedSize ? kNoFixedSize : element * std::tuple_size_v<K>;
  } else {
    return sum_of_key_sizes(PartsOf<K>{});
  }
}

template <std::size_t Size>
struct FixedKeyBytes {
  void append(const void* from, std::size_t count) {
    std::memcpy(bytes + size, from, count);
    size += count;
  }
  char bytes[Size == 0 ? 1 : Size];
  std::size_t size = 0;
};

KeyHash hash_text_key(std::string_view text);

}  // namespace detail

/// XXH3_64 of the key as encode_key writes it. No allocation for texts, nor for keys of at most
/// KeyBuffer::kInlineBytes. Cost: about 2 ns for an integer, 10 ns for a short text.
template <class K>
[[gnu::always_inline]] inline KeyHash hash_key(const K& key) {
  if constexpr (!KeyType<K>) {
    static_assert(sizeof(detail::RequireKey<K>) > 0);
    return 0;
  } else if constexpr (shape_of<K> == Shape::kString || detail::is_view(shape_of<K>)) {
    return detail::hash_text_key(key);
  } else if constexpr (detail::fixed_key_size<K>() <= KeyBuffer::kInlineBytes) {
    constexpr std::size_t size = detail::fixed_key_size<K>();
    detail::FixedKeyBytes<size> encoded;
    detail::append_key(key, encoded);
    return size <= 16 ? XXH3_64bits(encoded.bytes, size) : hash_bytes({encoded.bytes, size});
  } else {
    KeyBuffer encoded;
    detail::append_key(key, encoded);
    return hash_bytes(encoded.view());
  }
}

}  // namespace weir
