#pragma once

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "weir/core/fields.h"
#include "weir/core/ids.h"
#include "weir/core/text.h"

namespace weir {

/// How a type is built. Codecs, schemas, keys and printing all go by it, so that they agree on what Weir knows.
enum class Shape {
  kOpaque,  ///< nothing is known of the inside
  kBool,
  kInteger,  ///< also char types, but wchar_t, which differs between platforms
  kFloat,    ///< float, double
  kEnum,
  kString,      ///< std::string
  kText,        ///< weir::Text
  kStringView,  ///< std::string_view
  kStrongId,
  kDuration,   ///< std::chrono::duration
  kTimePoint,  ///< std::chrono::time_point of a clock that others share
  kUnit,       ///< std::monostate
  kOptional,
  kVariant,
  kTuple,     ///< std::tuple, std::pair
  kArray,     ///< std::array
  kSequence,  ///< grows by push_back: std::vector, std::deque, ...
  kMap,       ///< unique keys with values, sorted or hashed
  kSet,       ///< unique keys, sorted or hashed
  kStruct,    ///< named by WEIR_FIELDS
  kProtobuf,  ///< a message made by protoc
};

/// A message made by protoc, known by its functions: no protobuf header is needed here.
template <class T>
concept ProtobufMessage = requires(const T& in, T& out, std::string* bytes, const void* data, int size) {
  { in.ByteSizeLong() } -> std::same_as<std::size_t>;
  { in.AppendToString(bytes) } -> std::same_as<bool>;
  { out.ParseFromArray(data, size) } -> std::same_as<bool>;
  { in.GetTypeName() } -> std::convertible_to<std::string>;
  T::descriptor();
};

namespace detail {

template <class... Types>
struct TypeList {};

/// Shapes that are recognised by the template a type was made from, and the types it holds.
template <class T>
struct OfTemplate {
  static constexpr Shape kShape = Shape::kOpaque;
};
template <class Tag, class Rep>
struct OfTemplate<StrongId<Tag, Rep>> {
  static constexpr Shape kShape = Shape::kStrongId;
  using Parts = TypeList<Rep>;
};
template <class Rep, class Period>
struct OfTemplate<std::chrono::duration<Rep, Period>> {
  static constexpr Shape kShape = Shape::kDuration;
  using Parts = TypeList<Rep>;
};
template <class Clock, class Duration>
  requires(!std::is_same_v<Clock, std::chrono::steady_clock>)  // its times mean nothing in another process
struct OfTemplate<std::chrono::time_point<Clock, Duration>> {
  static constexpr Shape kShape = Shape::kTimePoint;
  using Parts = TypeList<typename Duration::rep>;
};
template <class T>
struct OfTemplate<std::optional<T>> {
  static constexpr Shape kShape = Shape::kOptional;
  using Parts = TypeList<T>;
};
template <class... Types>
struct OfTemplate<std::variant<Types...>> {
  static constexpr Shape kShape = Shape::kVariant;
  using Parts = TypeList<Types...>;
};
template <class... Types>
struct OfTemplate<std::tuple<Types...>> {
  static constexpr Shape kShape = Shape::kTuple;
  using Parts = TypeList<Types...>;
};
template <class First, class Second>
struct OfTemplate<std::pair<First, Second>> {
  static constexpr Shape kShape = Shape::kTuple;
  using Parts = TypeList<First, Second>;
};
template <class T, std::size_t Size>
struct OfTemplate<std::array<T, Size>> {
  static constexpr Shape kShape = Shape::kArray;
  using Parts = TypeList<T>;
};

template <class T>
concept Range = requires(T& range) {
  typename T::value_type;
  range.begin() != range.end();
  { range.size() } -> std::convertible_to<std::size_t>;
  range.clear();
};

template <class T>
concept SequenceLike =
    Range<T> && requires(T& range, typename T::value_type value) { range.push_back(std::move(value)); };

template <class T>
concept UniqueKeysLike = Range<T> && requires(T& range, typename T::value_type value) {
  typename T::key_type;
  { range.insert(std::move(value)).second } -> std::convertible_to<bool>;
};

template <class T>
concept MapLike = UniqueKeysLike<T> && requires { typename T::mapped_type; };

template <class T>
consteval Shape find_shape() {
  if constexpr (HasFields<T>) return Shape::kStruct;
  if constexpr (std::is_same_v<T, bool>) return Shape::kBool;
  if constexpr (std::is_integral_v<T> && !std::is_same_v<T, wchar_t>) return Shape::kInteger;
  if constexpr (std::is_same_v<T, float> || std::is_same_v<T, double>) return Shape::kFloat;
  if constexpr (std::is_enum_v<T>) return Shape::kEnum;
  if constexpr (!std::is_class_v<T>) return Shape::kOpaque;
  if constexpr (std::is_same_v<T, std::string>) return Shape::kString;
  if constexpr (std::is_same_v<T, Text>) return Shape::kText;
  if constexpr (std::is_same_v<T, std::string_view>) return Shape::kStringView;
  if constexpr (std::is_same_v<T, std::monostate>) return Shape::kUnit;
  if constexpr (OfTemplate<T>::kShape != Shape::kOpaque) return OfTemplate<T>::kShape;
  if constexpr (MapLike<T>) return Shape::kMap;
  if constexpr (UniqueKeysLike<T>) return Shape::kSet;
  if constexpr (SequenceLike<T>) return Shape::kSequence;
  if constexpr (ProtobufMessage<T>) return Shape::kProtobuf;
  return Shape::kOpaque;
}

template <auto... Members>
TypeList<std::remove_cv_t<typename MemberType<decltype(Members)>::type>...> types_of(const FieldList<Members...>&);

template <class T>
auto find_parts() {
  constexpr Shape shape = find_shape<T>();
  if constexpr (shape == Shape::kStruct) {
    return decltype(types_of(fields<T>)){};
  } else if constexpr (shape == Shape::kEnum) {
    return TypeList<std::underlying_type_t<T>>{};
  } else if constexpr (OfTemplate<T>::kShape != Shape::kOpaque) {
    return typename OfTemplate<T>::Parts{};
  } else if constexpr (shape == Shape::kMap) {
    return TypeList<typename T::key_type, typename T::mapped_type>{};
  } else if constexpr (shape == Shape::kSet || shape == Shape::kSequence) {
    return TypeList<typename T::value_type>{};
  } else {
    return TypeList<>{};
  }
}

}  // namespace detail

template <class T>
inline constexpr Shape shape_of = detail::find_shape<T>();

namespace detail {

/// The types that a value of type T is made of, one level down; empty for what is one piece.
template <class T>
using PartsOf = decltype(find_parts<T>());

/// Calls `f` with each field, element or component of a struct, tuple, pair or array.
template <class T, class F>
constexpr void for_each_part(T& value, F&& f) {
  constexpr Shape shape = shape_of<std::remove_cv_t<T>>;
  if constexpr (shape == Shape::kStruct) {
    for_each_field(value, [&f](std::string_view, auto& field) { f(field); });
  } else if constexpr (shape == Shape::kArray) {
    for (auto& element : value) f(element);
  } else {
    static_assert(shape == Shape::kTuple);
    std::apply([&f](auto&... components) { (f(components), ...); }, value);
  }
}

}  // namespace detail

}  // namespace weir
