#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include "weir/core/arena.h"
#include "weir/core/shape.h"

namespace weir {

namespace detail {

template <class T>
constexpr bool find_text();

template <class... Types>
constexpr bool any_text(TypeList<Types...>) {
  return (find_text<Types>() || ...);
}

/// Converts to what contains a Text.
struct AnyWithText {
  template <class T>
    requires(find_text<T>())
  operator T() const;
};
struct OnlyItself {};

template <class T, class Last, std::size_t... Before>
constexpr bool takes_last(std::index_sequence<Before...>) {
  return requires { T{(static_cast<void>(Before), AnyValue{})..., Last{}}; };
}

/// Whether an aggregate has a field, the `Field`th or later, that contains a Text and is not made from just anything.
template <class T, std::size_t Field = 0>
constexpr bool has_unnamed_text() {
  using Before = std::make_index_sequence<Field>;
  if constexpr (Field == 32 || !takes_last<T, AnyValue>(Before{})) {
    return false;
  } else if constexpr (takes_last<T, AnyWithText>(Before{}) && !takes_last<T, OnlyItself>(Before{})) {
    return true;
  } else {
    return has_unnamed_text<T, Field + 1>();
  }
}

template <class T>
constexpr bool find_text() {
  if constexpr (shape_of<T> == Shape::kOpaque && std::is_aggregate_v<T>)
    static_assert(!has_unnamed_text<T>(),
                  "Weir does not see the weir::Text in this struct, which would soon point to bytes that are gone: add "
                  "WEIR_FIELDS(Type, field, ...) after the struct");
  return shape_of<T> == Shape::kText || any_text(PartsOf<T>{});
}

}  // namespace detail

/// Whether a value of type T can hold a weir::Text: itself, in its fields, elements, alternatives or components.
/// Not seen: behind pointers, and in classes with constructors of their own. An aggregate that has a Text and no
/// WEIR_FIELDS does not compile.
template <class T>
inline constexpr bool contains_text = detail::find_text<T>();

/// Copies every Text in `value` into `arena` and points it there. Costs nothing for a type without Text.
template <class T>
void rehome(T& value, Arena& arena) {
  if constexpr (contains_text<T>) {
    constexpr Shape shape = shape_of<T>;
    if constexpr (shape == Shape::kText) {
      value = arena.intern(value.view());
    } else if constexpr (shape == Shape::kOptional) {
      if (value) rehome(*value, arena);
    } else if constexpr (shape == Shape::kVariant) {
      if (!value.valueless_by_exception()) std::visit([&arena](auto& held) { rehome(held, arena); }, value);
    } else if constexpr (shape == Shape::kSequence) {
      for (auto& element : value) rehome(element, arena);
    } else if constexpr (shape == Shape::kMap || shape == Shape::kSet) {
      static_assert(!contains_text<typename T::key_type>,
                    "A weir::Text cannot be the key of a map or the element of a set: use std::string there");
      if constexpr (shape == Shape::kMap) {
        for (auto& entry : value) rehome(entry.second, arena);
      }
    } else {
      detail::for_each_part(value, [&arena](auto& part) { rehome(part, arena); });
    }
  }
}

}  // namespace weir
