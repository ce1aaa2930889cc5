#pragma once

#include <algorithm>
#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "weir/core/shape.h"

// How values print, one line each:
//
//   WEIR_FIELDS struct               WordWithCount(lorem,1)
//   texts                            their bytes, as they are
//   integers, enums, strong ids      decimal; char is itself; bool is true or false
//   float, double                    the shortest decimals that read back as the same number
//   durations, time points           the count inside: a weir::Timestamp prints its milliseconds
//   sequences, arrays, sets          [a,b]
//   maps                             {key=value,key=value}; hashed ones and sets sorted by their text
//   tuples, pairs                    (a,b)
//   optional, variant                what is inside; nothing is null
//   protobuf messages                as protobuf's ShortDebugString
//
// A function void weir_print(std::string& out, const T&) beside a type overrides this.

namespace weir {

namespace detail {

template <class T>
concept PrintsItself = requires(std::string& out, const T& value) { weir_print(out, value); };

template <class T>
concept HasDebugString = ProtobufMessage<T> && requires(const T& message) {
  { message.ShortDebugString() } -> std::convertible_to<std::string>;
};

/// Whether a type prints, apart from its parts.
template <class T>
constexpr bool prints_apart_from_parts() {
  constexpr Shape shape = shape_of<T>;
  if (PrintsItself<T> || HasDebugString<T>) return true;
  if (shape == Shape::kOpaque) return std::is_convertible_v<const T&, std::string_view>;
  return shape != Shape::kProtobuf;
}

template <class T>
constexpr bool is_printable();
template <class... Types>
constexpr bool are_printable(TypeList<Types...>) {
  return (is_printable<Types>() && ...);
}
template <class T>
constexpr bool is_printable() {
  if constexpr (PrintsItself<T>) return true;
  if constexpr (!prints_apart_from_parts<T>()) return false;
  return are_printable(PartsOf<T>{});
}

/// Fails to compile, once and at the part that is to blame, for what does not print.
template <class T, class Parts = std::conditional_t<PrintsItself<T>, TypeList<>, PartsOf<T>>>
struct RequirePrintable;
template <class T, class... Parts>
struct RequirePrintable<T, TypeList<Parts...>> {
  static_assert(prints_apart_from_parts<T>(),
                "Weir cannot print this type: add WEIR_FIELDS(Type, field, ...) after the struct, or write "
                "void weir_print(std::string& out, const Type& value) beside it");
  static_assert((sizeof(RequirePrintable<Parts>) + ... + 1) > 0);  // looks at each part
};

void append_number(std::string& out, long long number);
void append_number(std::string& out, unsigned long long number);
void append_number(std::string& out, float number);
void append_number(std::string& out, double number);

template <class T>
void print(std::string& out, const T& value);

/// Writes the elements of a range with commas between them, each by `print_element(out, element)`.
template <class T, class F>
void print_elements(std::string& out, const T& range, F print_element) {
  if constexpr (requires { typename T::hasher; }) {
    std::vector<std::string> texts;
    for (const auto& element : range) print_element(texts.emplace_back(), element);
    std::sort(texts.begin(), texts.end());
    print_elements(out, texts, [](std::string& to, const std::string& text) { to += text; });
  } else {
    bool first = true;
    for (const auto& element : range) {
      if (!first) out += ',';
      first = false;
      print_element(out, element);
    }
  }
}

template <class T>
void print_parts(std::string& out, const T& value) {
  out += '(';
  bool first = true;
  for_each_part(value, [&](const auto& part) {
    if (!first) out += ',';
    first = false;
    print(out, part);
  });
  out += ')';
}

template <class T>
void print(std::string& out, const T& value) {
  constexpr Shape shape = shape_of<T>;
  if constexpr (PrintsItself<T>) {
    weir_print(out, value);
  } else if constexpr (HasDebugString<T>) {
    out += value.ShortDebugString();
  } else if constexpr (shape == Shape::kBool) {
    out += value ? "true" : "false";
  } else if constexpr (std::is_same_v<T, char>) {
    out += value;
  } else if constexpr (shape == Shape::kInteger) {
    append_number(out, static_cast<std::conditional_t<std::is_signed_v<T>, long long, unsigned long long>>(value));
  } else if constexpr (shape == Shape::kFloat) {
    append_number(out, value);
  } else if constexpr (shape == Shape::kEnum) {
    using Inside = std::underlying_type_t<T>;
    append_number(out, static_cast<std::conditional_t<std::is_signed_v<Inside>, long long, unsigned long long>>(value));
  } else if constexpr (shape == Shape::kStrongId) {
    print(out, value.value());
  } else if constexpr (shape == Shape::kDuration) {
    print(out, value.count());
  } else if constexpr (shape == Shape::kTimePoint) {
    print(out, value.time_since_epoch().count());
  } else if constexpr (shape == Shape::kUnit) {
    out += "null";
  } else if constexpr (shape == Shape::kOptional) {
    if (value) {
      print(out, *value);
    } else {
      out += "null";
    }
  } else if constexpr (shape == Shape::kVariant) {
    std::visit([&out](const auto& held) { print(out, held); }, value);
  } else if constexpr (shape == Shape::kMap) {
    out += '{';
    print_elements(out, value, [](std::string& to, const auto& entry) {
      print(to, entry.first);
      to += '=';
      print(to, entry.second);
    });
    out += '}';
  } else if constexpr (shape == Shape::kSequence || shape == Shape::kSet || shape == Shape::kArray) {
    out += '[';
    print_elements(out, value, [](std::string& to, const auto& element) { print(to, element); });
    out += ']';
  } else if constexpr (shape == Shape::kStruct) {
    out += type_name<T>();
    print_parts(out, value);
  } else if constexpr (shape == Shape::kTuple) {
    print_parts(out, value);
  } else {
    out += std::string_view(value);
  }
}

}  // namespace detail

/// What append_value can print.
template <class T>
concept Printable = detail::is_printable<T>();

/// Appends `value` as it prints. Thread-safe.
template <class T>
void append_value(std::string& out, const T& value) {
  if constexpr (Printable<T>) {
    detail::print(out, value);
  } else {
    static_assert(sizeof(detail::RequirePrintable<T>) > 0);
  }
}

}  // namespace weir
