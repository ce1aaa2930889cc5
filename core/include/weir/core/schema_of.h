#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "weir/core/codec.h"
#include "weir/core/schema.h"

namespace weir {

namespace detail {

std::string integer_name(std::size_t bytes, bool is_signed);
std::string ratio_name(std::string_view word, const std::string& count, long long numerator, long long denominator);

template <class T>
Schema make_schema();

template <class... Types>
void add_parts(Schema& schema, TypeList<Types...>, const auto& names) {
  std::size_t i = 0;
  (schema.parts.push_back({std::string(names[i++]), make_schema<Types>()}), ...);
}

template <class... Types>
void add_numbered_parts(Schema& schema, TypeList<Types...>) {
  std::size_t i = 0;
  (schema.parts.push_back({std::to_string(i++), make_schema<Types>()}), ...);
}

template <class T>
Schema make_schema() {
  using Kind = Schema::Kind;
  constexpr Shape shape = shape_of<T>;
  using Parts = EncodedPartsOf<T>;
  const auto with_parts = [](Schema schema, std::initializer_list<std::string_view> names) {
    add_parts(schema, Parts{}, names.begin());
    return schema;
  };
  if constexpr (OwnCodec<T>) {
    return {Kind::kCustom, std::string(Codec<T>::kName), {}};
  } else if constexpr (shape == Shape::kBool) {
    return {Kind::kScalar, "bool", {}};
  } else if constexpr (std::is_same_v<T, char>) {
    return {Kind::kScalar, "char", {}};
  } else if constexpr (shape == Shape::kInteger) {
    return {Kind::kScalar, integer_name(sizeof(T), std::is_signed_v<T>), {}};
  } else if constexpr (shape == Shape::kFloat) {
    return {Kind::kScalar, sizeof(T) == sizeof(float) ? "float" : "double", {}};
  } else if constexpr (shape == Shape::kString || shape == Shape::kText) {
    return {Kind::kScalar, "string", {}};
  } else if constexpr (shape == Shape::kUnit) {
    return {Kind::kScalar, "nothing", {}};
  } else if constexpr (shape == Shape::kEnum) {
    return {Kind::kScalar, "enum(" + make_schema<std::underlying_type_t<T>>().type + ")", {}};
  } else if constexpr (shape == Shape::kStrongId) {
    return make_schema<typename T::rep>();
  } else if constexpr (shape == Shape::kDuration || shape == Shape::kTimePoint) {
    using Period = typename T::period;
    return {Kind::kScalar,
            ratio_name(shape == Shape::kDuration ? "duration" : "time", make_schema<typename T::rep>().type,
                       Period::num, Period::den),
            {}};
  } else if constexpr (shape == Shape::kOptional) {
    return with_parts({Kind::kOptional, {}, {}}, {"value"});
  } else if constexpr (shape == Shape::kArray) {
    return with_parts({Kind::kArray, std::to_string(std::tuple_size_v<T>), {}}, {"element"});
  } else if constexpr (shape == Shape::kSequence) {
    return with_parts({Kind::kList, {}, {}}, {"element"});
  } else if constexpr (shape == Shape::kSet) {
    return with_parts({Kind::kSet, {}, {}}, {"element"});
  } else if constexpr (shape == Shape::kMap) {
    return with_parts({Kind::kMap, {}, {}}, {"key", "value"});
  } else if constexpr (shape == Shape::kProtobuf) {
    return {Kind::kProtobuf, std::string(T{}.GetTypeName()), {}};
  } else if constexpr (shape == Shape::kStruct) {
    Schema schema{Kind::kStruct, std::string(type_name<T>()), {}};
    add_parts(schema, Parts{}, field_names<T>);
    return schema;
  } else {
    Schema schema{shape == Shape::kVariant ? Kind::kVariant : Kind::kTuple, {}, {}};
    add_numbered_parts(schema, Parts{});
    return schema;
  }
}

}  // namespace detail

/// The schema of what Codec<T> writes.
template <class T>
Schema schema_of() {
  if constexpr (Encodable<T>) {
    return detail::make_schema<T>();
  } else {
    static_assert(sizeof(detail::RequireEncodable<T>) > 0);
    return {};
  }
}

}  // namespace weir
