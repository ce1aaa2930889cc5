#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

#include "weir/core/detail/for_each.h"

namespace weir {

/// The tag by which argument-dependent lookup finds what WEIR_FIELDS wrote beside a struct.
template <class T>
struct FieldsOf {};

namespace detail {

/// The fields of a struct, in the order WEIR_FIELDS lists them.
template <auto... Members>
struct FieldList {
  std::string_view type;
  std::array<std::string_view, sizeof...(Members)> names;
};

template <class T>
struct MemberType;
template <class Class, class Member>
struct MemberType<Member Class::*> {
  using type = Member;
};

/// What stands behind the last "::" of a name as it is written in code.
constexpr std::string_view unqualified(std::string_view name) {
  const std::size_t colon = name.rfind(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

/// "a, b, c" as its N names.
template <std::size_t N>
constexpr std::array<std::string_view, N> split_names(std::string_view list) {
  std::array<std::string_view, N> names;
  for (std::string_view& name : names) {
    const std::size_t comma = list.find(',');
    name = list.substr(0, comma);
    while (!name.empty() && name.back() == ' ') name.remove_suffix(1);
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    while (!list.empty() && list.front() == ' ') list.remove_prefix(1);
  }
  return names;
}

template <auto... Members>
constexpr FieldList<Members...> make_fields(std::string_view type, std::string_view names) {
  return {unqualified(type), split_names<sizeof...(Members)>(names)};
}

struct AnyValue {
  template <class T>
  operator T() const;
};

template <class T, std::size_t... I>
constexpr bool takes_values(std::index_sequence<I...>) {
  return requires { T{(static_cast<void>(I), AnyValue{})...}; };
}

/// An aggregate that could be initialised with one value more than it has listed fields keeps one back.
template <class T, auto... Members>
constexpr bool lists_every_field(FieldList<Members...>) {
  if constexpr (std::is_aggregate_v<T>) {
    return !takes_values<T>(std::make_index_sequence<sizeof...(Members) + 1>{});
  } else {
    return true;
  }
}

}  // namespace detail

/// A struct whose fields WEIR_FIELDS has named.
template <class T>
concept HasFields = requires { weir_fields(FieldsOf<T>{}); };

namespace detail {

template <HasFields T>
inline constexpr auto fields = weir_fields(FieldsOf<T>{});

template <class T, class F, auto... Members, std::size_t... I>
constexpr void visit_fields(T& value, F& f, const FieldList<Members...>& list, std::index_sequence<I...>) {
  (static_cast<void>(f(list.names[I], value.*Members)), ...);
}

template <class T, class Member, auto... Members>
constexpr std::string_view find_field(Member T::* wanted, const FieldList<Members...>& list) {
  std::string_view found;
  std::size_t i = 0;
  const auto look_at = [&](auto member) {
    if constexpr (std::is_same_v<decltype(member), Member T::*>) {
      if (member == wanted) found = list.names[i];
    }
    ++i;
  };
  (look_at(Members), ...);
  return found;
}

template <class T>
constexpr std::string_view spelled_type_name() {
  const std::string_view function = __PRETTY_FUNCTION__;  // "... [with T = X; std::string_view = ...]" or "... [T = X]"
  const std::size_t begin = function.find("T = ") + 4;
  const std::size_t semicolon = function.find("; std::string_view", begin);
  return function.substr(begin, (semicolon == std::string_view::npos ? function.size() - 1 : semicolon) - begin);
}

/// Found once, when it is compiled.
template <class T>
inline constexpr std::string_view kSpelledTypeName = spelled_type_name<T>();

}  // namespace detail

/// Calls `f(std::string_view name, field)` for each field, in order; `field` is a reference into `value`.
template <class T, class F>
  requires HasFields<std::remove_cv_t<T>>
constexpr void for_each_field(T& value, F&& f) {
  constexpr const auto& list = detail::fields<std::remove_cv_t<T>>;
  detail::visit_fields(value, f, list, std::make_index_sequence<list.names.size()>{});
}

/// The names of a struct's fields, in order.
template <HasFields T>
inline constexpr auto field_names = detail::fields<T>.names;

/// A struct's name without its namespace; for types without WEIR_FIELDS, the compiler's spelling.
template <class T>
constexpr std::string_view type_name() {
  if constexpr (HasFields<T>) {
    return detail::fields<T>.type;
  } else {
    return detail::kSpelledTypeName<T>;
  }
}

/// The name of a field: field_name(&WordWithCount::word) is "word". Empty if WEIR_FIELDS does not list it.
template <HasFields T, class Member>
constexpr std::string_view field_name(Member T::* member) {
  return detail::find_field(member, detail::fields<T>);
}

}  // namespace weir

#define WEIR_DETAIL_MEMBER(Type, name) &Type::name

/// Names the fields of a struct, so that Weir can encode it, compare its schema, print it and carry its texts.
///
///   struct WordWithCount { std::string word; std::int64_t count; };
///   WEIR_FIELDS(WordWithCount, word, count);
///
/// Stands right after the struct, in the same namespace, with all fields (public, at most 64, no bit-fields). The names
/// and the order of the fields are part of what a checkpoint stores.
#define WEIR_FIELDS(Type, ...)                                                                                     \
  [[maybe_unused]] constexpr auto weir_fields(::weir::FieldsOf<Type>) {                                            \
    return ::weir::detail::make_fields<WEIR_DETAIL_FOR_EACH(WEIR_DETAIL_MEMBER, Type, __VA_ARGS__)>(#Type,         \
                                                                                                    #__VA_ARGS__); \
  }                                                                                                                \
  static_assert(::weir::detail::lists_every_field<Type>(weir_fields(::weir::FieldsOf<Type>{})),                    \
                "WEIR_FIELDS(" #Type                                                                               \
                ", ...) leaves out a field, which would be lost at a restore: list every field, "                  \
                "or give " #Type " a constructor if the others are meant to be forgotten")
