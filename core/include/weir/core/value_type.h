#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/core/codec.h"
#include "weir/core/schema.h"
#include "weir/core/schema_of.h"

// What a job knows of a type whose values lie in checkpoints: enough to read those that an earlier version of it wrote.

namespace weir {

/// How a type came from an earlier one, where its fields alone do not tell. For a type of your own:
///
///   template <> struct weir::Migration<Account> {
///     using From = AccountV1;                    // it was like this; a Migration<AccountV1> may lead further back
///     static Account migrate(AccountV1 account);
///   };
///
/// Applies wherever the type stands within a value of state, but in keys.
template <class T>
struct Migration;

struct OlderType;

/// A type as a job has it, as a tree.
struct ValueType {
  Schema schema;
  std::vector<ValueType> parts = {};  ///< of schema.parts
  /// Of a struct: appends the field with that index as a new object has it.
  std::function<void(std::size_t field, std::string& out)> append_default = nullptr;
  /// Of what has a Codec of its own: takes a value.
  std::function<void(Reader& in)> skip = nullptr;
  std::shared_ptr<const OlderType> older = nullptr;  ///< its Migration, if it has one
};

/// What a Migration makes of values of an earlier type.
struct OlderType {
  ValueType type;
  std::function<void(std::string_view old, std::string& out)> migrate;  ///< encoded; appends. Errors: the user's
};

namespace detail {

template <class T>
concept HasMigration = requires(typename Migration<T>::From old) {
  { Migration<T>::migrate(std::move(old)) } -> std::convertible_to<T>;
};

template <class T>
ValueType make_value_type();

template <class... Types>
std::vector<ValueType> make_value_types(TypeList<Types...>) {
  std::vector<ValueType> types;
  types.reserve(sizeof...(Types));
  (types.push_back(make_value_type<Types>()), ...);
  return types;
}

template <class T>
ValueType make_value_type() {
  ValueType type{make_schema<T>()};
  // The number inside of an enum, a strong id or a time is no part of its schema.
  if (!type.schema.parts.empty()) type.parts = make_value_types(EncodedPartsOf<T>{});
  if constexpr (OwnCodec<T>) {
    type.skip = [](Reader& in) {
      T value{};
      Codec<T>::decode(in, value);
    };
  } else if constexpr (shape_of<T> == Shape::kStruct) {
    type.append_default = [](std::size_t index, std::string& out) {
      const T fresh{};
      std::size_t at = 0;
      for_each_part(fresh, [&]<class Part>(const Part& part) {
        if (at++ == index) Codec<Part>::encode(part, out);
      });
    };
  }
  if constexpr (HasMigration<T>) {
    using From = typename Migration<T>::From;
    static_assert(!std::is_same_v<From, T>, "A Migration leads from an earlier type, not from the type itself");
    type.older = std::make_shared<const OlderType>(
        OlderType{make_value_type<From>(), [](std::string_view old, std::string& out) {
                    const T now = Migration<T>::migrate(decode_value<From>(old));
                    Codec<T>::encode(now, out);
                  }});
  }
  return type;
}

}  // namespace detail

/// Of the values that Codec<T> writes.
template <class T>
ValueType value_type_of() {
  if constexpr (Encodable<T>) {
    return detail::make_value_type<T>();
  } else {
    static_assert(sizeof(detail::RequireEncodable<T>) > 0);
    return {};
  }
}

}  // namespace weir
