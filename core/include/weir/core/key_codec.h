#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>

#include "weir/core/detail/key_bytes.h"
#include "weir/core/key_buffer.h"
#include "weir/core/shape.h"

// Keys have a codec of their own. An encoded key is
//  - canonical: equal keys have equal bytes,
//  - prefix-free: no key's bytes are the beginning of another's, so that more can follow,
//  - order-preserving: bytes compare (as unsigned) as keys do, fields in the order WEIR_FIELDS lists them.
//
//   bool          1 byte, 0 or 1
//   integer       its bytes, big-endian, the sign bit flipped; char counts as unsigned
//   enum, strong id, duration, time point    as the integer inside
//   text          its bytes, 00 written as 00 FF, then 00 00
//   tuple, pair, array, struct    one part after the other

namespace weir {

namespace detail {

/// Whether a type may stand in a key, apart from its parts.
constexpr bool may_stand_in_key(Shape shape) {
  switch (shape) {
    case Shape::kBool:
    case Shape::kInteger:
    case Shape::kEnum:
    case Shape::kString:
    case Shape::kText:
    case Shape::kStringView:
    case Shape::kStrongId:
    case Shape::kDuration:
    case Shape::kTimePoint:
    case Shape::kUnit:
    case Shape::kTuple:
    case Shape::kArray:
    case Shape::kStruct:
      return true;
    default:
      return false;
  }
}

template <class T>
constexpr bool is_key();
template <class... Types>
constexpr bool are_keys(TypeList<Types...>) {
  return (is_key<Types>() && ...);
}
template <class T>
constexpr bool is_key() {
  if constexpr (may_stand_in_key(shape_of<T>)) {
    return are_keys(PartsOf<T>{});
  } else {
    return false;
  }
}

/// Fails to compile, once and at the part that is to blame, for what is no key.
template <class T, class Parts = PartsOf<T>>
struct RequireKey;
template <class T, class... Parts>
struct RequireKey<T, TypeList<Parts...>> {
  static_assert(
      may_stand_in_key(shape_of<T>),
      "Weir cannot use this type in a key: keys are integers, enums, std::string, strong ids, std::chrono times, "
      "and tuples or WEIR_FIELDS structs of these; instead of a floating-point number key by an integer "
      "(cents, milliseconds), instead of a protobuf message by one of its fields");
  static_assert((sizeof(RequireKey<Parts>) + ... + 1) > 0);  // looks at each part
};

constexpr bool is_view(Shape shape) { return shape == Shape::kText || shape == Shape::kStringView; }

template <class T>
constexpr bool owns_its_bytes();
template <class... Types>
constexpr bool own_their_bytes(TypeList<Types...>) {
  return (owns_its_bytes<Types>() && ...);
}
template <class T>
constexpr bool owns_its_bytes() {
  return !is_view(shape_of<T>) && own_their_bytes(PartsOf<T>{});
}

template <class K>
struct StoredKeyOf {
  static_assert(
      is_view(shape_of<K>) || owns_its_bytes<K>(),
      "A key that state keeps must own its bytes: write std::string instead of weir::Text or std::string_view "
      "in a struct or tuple that is used as a key");
  using type = std::conditional_t<is_view(shape_of<K>), std::string, K>;
};

/// Writes a key to anything with append(pointer, size).
template <class K, class Out>
void append_key(const K& key, Out& out) {
  constexpr Shape shape = shape_of<K>;
  if constexpr (shape == Shape::kBool) {
    const char byte = key ? '\1' : '\0';
    out.append(&byte, 1);
  } else if constexpr (shape == Shape::kInteger) {
    const auto bits = to_key_bits(key);
    out.append(&bits, sizeof(bits));
  } else if constexpr (shape == Shape::kEnum) {
    append_key(static_cast<std::underlying_type_t<K>>(key), out);
  } else if constexpr (shape == Shape::kStrongId) {
    append_key(key.value(), out);
  } else if constexpr (shape == Shape::kDuration) {
    append_key(key.count(), out);
  } else if constexpr (shape == Shape::kTimePoint) {
    append_key(key.time_since_epoch().count(), out);
  } else if constexpr (shape == Shape::kString || is_view(shape)) {
    append_key_text(key, out);
  } else if constexpr (shape != Shape::kUnit) {
    for_each_part(key, [&out](const auto& part) { append_key(part, out); });
  }
}

template <class K>
void read_key(KeyReader& in, K& key) {
  constexpr Shape shape = shape_of<K>;
  if constexpr (shape == Shape::kBool) {
    key = in.boolean();
  } else if constexpr (shape == Shape::kInteger) {
    key = in.integer<K>();
  } else if constexpr (shape == Shape::kEnum || shape == Shape::kStrongId || shape == Shape::kDuration) {
    auto inside = []<class Part>(TypeList<Part>) { return Part{}; }(PartsOf<K>{});
    read_key(in, inside);
    key = static_cast<K>(inside);
  } else if constexpr (shape == Shape::kTimePoint) {
    typename K::duration since_epoch;
    read_key(in, since_epoch);
    key = K(since_epoch);
  } else if constexpr (shape == Shape::kString) {
    key = in.text();
  } else if constexpr (shape != Shape::kUnit) {
    for_each_part(key, [&in](auto& part) { read_key(in, part); });
  }
}

}  // namespace detail

/// What can be a key.
template <class K>
concept KeyType = detail::is_key<K>();

/// What state keeps of a key: std::string for texts, everything else as it is.
template <class K>
using StoredKey = typename detail::StoredKeyOf<K>::type;

/// Appends the encoded key. Equal texts have equal bytes, be they std::string, std::string_view or weir::Text.
template <class K>
void encode_key(const K& key, KeyBuffer& out) {
  if constexpr (KeyType<K>) {
    detail::append_key(key, out);
  } else {
    static_assert(sizeof(detail::RequireKey<K>) > 0);
  }
}

/// Reads a key from the front of `bytes` and takes it off. Errors: CorruptionError naming the type and the offset.
template <class K>
StoredKey<K> decode_key(std::string_view& bytes) {
  StoredKey<K> key{};
  if constexpr (KeyType<K> && detail::owns_its_bytes<StoredKey<K>>()) {
    detail::KeyReader in(bytes, type_name<StoredKey<K>>());
    detail::read_key(in, key);
    bytes = in.rest();
  } else {
    static_assert(sizeof(detail::RequireKey<K>) > 0);
  }
  return key;
}

}  // namespace weir
