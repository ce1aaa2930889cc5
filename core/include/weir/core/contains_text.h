#pragma once

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

template <class T>
constexpr bool find_text() {
  return shape_of<T> == Shape::kText || any_text(PartsOf<T>{});
}

}  // namespace detail

/// Whether a value of type T can hold a weir::Text: itself, in its fields, elements, alternatives or components.
/// Not seen: behind pointers, and in structs without WEIR_FIELDS.
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
