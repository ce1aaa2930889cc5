#pragma once

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "weir/core/contains_text.h"
#include "weir/core/detail/codec_support.h"
#include "weir/core/reader.h"
#include "weir/core/shape.h"

// The codec of values. What enters a checkpoint or crosses a network channel is written like this:
//
//   bool                      1 byte, 0 or 1
//   integer, float, double    in its width, little-endian
//   enum, strong id, duration, time point    as the number inside
//   std::string, weir::Text   length, bytes
//   optional                  1 byte, 0 or 1, then the value if there is one
//   variant                   index of the alternative, then its value
//   tuple, pair, array, WEIR_FIELDS struct    one part after the other; 1 zero byte if there is none
//   sequence, set, map        number of elements, then the elements (a map's: key, value); hashed sets and maps sorted
//   by
//                             their bytes, so that equal values have equal bytes
//   protobuf message          length, bytes
//
// Lengths, numbers of elements and indices are varints. Every value takes at least one byte. A type cannot contain
// itself, so nesting ends with the type; recursive protobuf messages are bounded by protobuf.

namespace weir {

/// How values of type T are encoded. Specialise it for a type of your own that WEIR_FIELDS does not fit:
///
///   template <> struct weir::Codec<Point> {
///     static constexpr std::string_view kName = "Point";  // stored with the data: another encoding needs another name
///     static void encode(const Point& value, std::string& out);  // appends at least one byte
///     static void decode(Reader& in, Point& value);              // takes exactly what encode appended
///   };
template <class T>
struct Codec {
  static void encode(const T& value, std::string& out);
  static void decode(Reader& in, T& value);
};

namespace detail {

template <class T>
concept OwnCodec = requires {
  { Codec<T>::kName } -> std::convertible_to<std::string_view>;
};

/// Whether a type can be encoded, apart from its parts.
template <class T>
constexpr bool encodes_apart_from_parts() {
  return OwnCodec<T> || (shape_of<T> != Shape::kOpaque && shape_of<T> != Shape::kStringView);
}

template <class T>
using EncodedPartsOf = std::conditional_t<OwnCodec<T>, TypeList<>, PartsOf<T>>;

template <class T>
constexpr bool is_encodable();
template <class... Types>
constexpr bool are_encodable(TypeList<Types...>) {
  return (is_encodable<Types>() && ...);
}
template <class T>
constexpr bool is_encodable() {
  return encodes_apart_from_parts<T>() && std::is_default_constructible_v<T> && are_encodable(EncodedPartsOf<T>{});
}

/// Fails to compile, once and at the part that is to blame, for what has no codec.
template <class T, class Parts = EncodedPartsOf<T>>
struct RequireEncodable;
template <class T, class... Parts>
struct RequireEncodable<T, TypeList<Parts...>> {
  static_assert(
      encodes_apart_from_parts<T>(),
      "Weir cannot encode this type: add WEIR_FIELDS(Type, field, ...) after the struct, specialise "
      "weir::Codec<Type>, or use a type that owns what it holds (std::string instead of a view or a pointer)");
  static_assert(!encodes_apart_from_parts<T>() || std::is_default_constructible_v<T>,
                "Weir cannot decode this type: give it a default constructor");
  static_assert((sizeof(RequireEncodable<Parts>) + ... + 1) > 0);  // looks at each part
};

/// The type as an error names it.
template <class T>
constexpr std::string_view codec_name() {
  if constexpr (shape_of<T> == Shape::kString || shape_of<T> == Shape::kText) return "string";
  return type_name<T>();
}

/// The fewest bytes that a value of type T takes.
template <class T>
constexpr std::size_t least_bytes();
template <class... Types>
constexpr std::size_t sum_of_least_bytes(TypeList<Types...>) {
  return (least_bytes<Types>() + ... + 0);
}
template <class T>
constexpr std::size_t least_bytes() {
  constexpr Shape shape = shape_of<T>;
  if constexpr (OwnCodec<T>) {
    return 1;
  } else if constexpr (shape == Shape::kInteger || shape == Shape::kFloat) {
    return sizeof(T);
  } else if constexpr (shape == Shape::kEnum || shape == Shape::kStrongId || shape == Shape::kDuration ||
                       shape == Shape::kTimePoint || shape == Shape::kTuple || shape == Shape::kStruct) {
    constexpr std::size_t sum = sum_of_least_bytes(PartsOf<T>{});
    return sum == 0 ? 1 : sum;
  } else if constexpr (shape == Shape::kArray) {
    constexpr std::size_t sum = sum_of_least_bytes(PartsOf<T>{}) * std::tuple_size_v<T>;
    return sum == 0 ? 1 : sum;
  } else {
    return 1;
  }
}

/// Elements lie side by side in memory exactly as they are encoded.
template <class T>
concept PlainElements = requires(T& range) {
  { range.data() } -> std::same_as<typename T::value_type*>;
} && (shape_of<typename T::value_type> == Shape::kInteger || shape_of<typename T::value_type> == Shape::kFloat);

template <class T>
constexpr bool has_no_parts() {
  if constexpr (shape_of<T> == Shape::kArray) return std::tuple_size_v<T> == 0;
  return std::is_same_v<PartsOf<T>, TypeList<>>;
}

template <class T>
void encode_entries(const T& range, std::string& out) {
  append_varint(out, range.size());
  if constexpr (requires { typename T::hasher; }) {
    EntrySorter sorter(out, range.size());
    for (const auto& entry : range) {
      Codec<typename T::value_type>::encode(entry, out);
      sorter.entry_ends();
    }
    sorter.sort();
  } else {
    for (const auto& entry : range) Codec<typename T::value_type>::encode(entry, out);
  }
}

template <class T>
void decode_variant(Reader& in, T& value) {
  const std::uint64_t index = in.varint("variant");
  if (index >= std::variant_size_v<T>) in.fail("variant", "has an alternative that does not exist");
  const auto decode_if_chosen = [&]<std::size_t I>(std::integral_constant<std::size_t, I>) {
    if (index == I) Codec<std::variant_alternative_t<I, T>>::decode(in, value.template emplace<I>());
  };
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (decode_if_chosen(std::integral_constant<std::size_t, I>{}), ...);
  }(std::make_index_sequence<std::variant_size_v<T>>{});
}

template <class T>
void decode_sequence(Reader& in, T& value) {
  using Element = typename T::value_type;
  const std::size_t count = in.count(least_bytes<Element>(), "list");
  value.clear();
  if constexpr (PlainElements<T>) {
    value.resize(count);
    in.take(count * sizeof(Element), "list").copy(reinterpret_cast<char*>(value.data()), count * sizeof(Element));
  } else {
    if constexpr (requires { value.reserve(count); }) value.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      Element element{};
      Codec<Element>::decode(in, element);
      value.push_back(std::move(element));
    }
  }
}

template <class T>
void decode_set(Reader& in, T& value) {
  using Key = typename T::key_type;
  const std::size_t count = in.count(least_bytes<Key>(), "set");
  value.clear();
  for (std::size_t i = 0; i < count; ++i) {
    Key key{};
    Codec<Key>::decode(in, key);
    if (!value.insert(std::move(key)).second) in.fail("set", "has an element twice");
  }
}

template <class T>
void decode_map(Reader& in, T& value) {
  using Key = typename T::key_type;
  using Mapped = typename T::mapped_type;
  const std::size_t count = in.count(least_bytes<Key>() + least_bytes<Mapped>(), "map");
  value.clear();
  for (std::size_t i = 0; i < count; ++i) {
    Key key{};
    Mapped mapped{};
    Codec<Key>::decode(in, key);
    Codec<Mapped>::decode(in, mapped);
    if (!value.insert(typename T::value_type(std::move(key), std::move(mapped))).second)
      in.fail("map", "has a key twice");
  }
}

}  // namespace detail

/// What has a codec.
template <class T>
concept Encodable = detail::is_encodable<T>();

template <class T>
void Codec<T>::encode(const T& value, std::string& out) {
  constexpr Shape shape = shape_of<T>;
  if constexpr (shape == Shape::kBool) {
    out += value ? '\1' : '\0';
  } else if constexpr (shape == Shape::kInteger || shape == Shape::kFloat) {
    detail::append_fixed(out, value);
  } else if constexpr (shape == Shape::kEnum) {
    detail::append_fixed(out, static_cast<std::underlying_type_t<T>>(value));
  } else if constexpr (shape == Shape::kStrongId) {
    detail::append_fixed(out, value.value());
  } else if constexpr (shape == Shape::kDuration) {
    detail::append_fixed(out, value.count());
  } else if constexpr (shape == Shape::kTimePoint) {
    detail::append_fixed(out, value.time_since_epoch().count());
  } else if constexpr (shape == Shape::kString || shape == Shape::kText) {
    detail::append_varint(out, value.size());
    out.append(value.data(), value.size());
  } else if constexpr (shape == Shape::kOptional) {
    out += value ? '\1' : '\0';
    if (value) Codec<typename T::value_type>::encode(*value, out);
  } else if constexpr (shape == Shape::kVariant) {
    if (value.valueless_by_exception()) detail::refuse_to_encode("a std::variant that holds no value");
    detail::append_varint(out, value.index());
    std::visit([&out]<class Held>(const Held& held) { Codec<Held>::encode(held, out); }, value);
  } else if constexpr (shape == Shape::kSequence) {
    if constexpr (detail::PlainElements<T>) {
      detail::append_varint(out, value.size());
      out.append(reinterpret_cast<const char*>(value.data()), value.size() * sizeof(typename T::value_type));
    } else {
      detail::encode_entries(value, out);
    }
  } else if constexpr (shape == Shape::kSet || shape == Shape::kMap) {
    detail::encode_entries(value, out);
  } else if constexpr (shape == Shape::kProtobuf) {
    detail::append_varint(out, value.ByteSizeLong());
    if (!value.AppendToString(&out))
      detail::refuse_to_encode("the protobuf message " + std::string(value.GetTypeName()));
  } else if constexpr (shape == Shape::kUnit) {
    out += '\0';
  } else {
    if constexpr (detail::has_no_parts<T>()) out += '\0';
    detail::for_each_part(value, [&out]<class Part>(const Part& part) { Codec<Part>::encode(part, out); });
  }
}

template <class T>
void Codec<T>::decode(Reader& in, T& value) {
  constexpr Shape shape = shape_of<T>;
  constexpr std::string_view name = detail::codec_name<T>();
  if constexpr (shape == Shape::kBool) {
    value = detail::decode_flag(in, name);
  } else if constexpr (shape == Shape::kInteger || shape == Shape::kFloat) {
    value = in.fixed<T>(name);
  } else if constexpr (shape == Shape::kEnum) {
    value = static_cast<T>(in.fixed<std::underlying_type_t<T>>(name));
  } else if constexpr (shape == Shape::kStrongId || shape == Shape::kDuration) {
    value = T(in.fixed<typename T::rep>(name));
  } else if constexpr (shape == Shape::kTimePoint) {
    value = T(typename T::duration(in.fixed<typename T::rep>(name)));
  } else if constexpr (shape == Shape::kString) {
    value.assign(in.take(in.count(1, name), name));
  } else if constexpr (shape == Shape::kText) {
    value = in.arena().intern(in.take(in.count(1, name), name));
  } else if constexpr (shape == Shape::kOptional) {
    value.reset();
    if (detail::decode_flag(in, "optional")) Codec<typename T::value_type>::decode(in, value.emplace());
  } else if constexpr (shape == Shape::kVariant) {
    detail::decode_variant(in, value);
  } else if constexpr (shape == Shape::kSequence) {
    detail::decode_sequence(in, value);
  } else if constexpr (shape == Shape::kSet) {
    detail::decode_set(in, value);
  } else if constexpr (shape == Shape::kMap) {
    detail::decode_map(in, value);
  } else if constexpr (shape == Shape::kProtobuf) {
    const std::string_view bytes = in.take(in.count(1, name), name);
    if (bytes.size() > detail::kMaxProtobufBytes || !value.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
      in.fail(name, "is no such protobuf message");
  } else if constexpr (shape == Shape::kUnit || detail::has_no_parts<T>()) {
    if (in.fixed<char>(name) != '\0') in.fail(name, "has a byte that is not zero");
  } else {
    detail::for_each_part(value, [&in]<class Part>(Part& part) { Codec<Part>::decode(in, part); });
  }
}

/// Appends the encoded value. Errors: UserError for a protobuf message without its required fields or a variant without
/// a value.
template <class T>
void encode_value(const T& value, std::string& out) {
  if constexpr (Encodable<T>) {
    Codec<T>::encode(value, out);
  } else {
    static_assert(sizeof(detail::RequireEncodable<T>) > 0);
  }
}

/// Reads a value; containers and strings keep their capacity. Lengths are checked before memory is taken.
/// Requires: `in` has an arena if T contains a weir::Text. Errors: CorruptionError, the value is then unspecified.
template <class T>
void decode_value(Reader& in, T& value) {
  if constexpr (Encodable<T>) {
    Codec<T>::decode(in, value);
  } else {
    static_assert(sizeof(detail::RequireEncodable<T>) > 0);
  }
}

/// The value that `bytes` and nothing else encodes. Errors: CorruptionError, also for bytes left over.
template <class T>
T decode_value(std::string_view bytes) {
  static_assert(!contains_text<T>,
                "A type with a weir::Text is decoded into an arena: use decode_value(Reader&, value)");
  T value{};
  Reader in(bytes);
  decode_value(in, value);
  if (in.remaining() != 0) in.fail(detail::codec_name<T>(), "ends before its bytes do");
  return value;
}

}  // namespace weir
