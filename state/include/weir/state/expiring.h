#pragma once

#include <string_view>
#include <utility>

#include "weir/core/fields.h"
#include "weir/core/time.h"
#include "weir/core/value_type.h"
#include "weir/state/ttl.h"

namespace weir::state {

/// A value of a state with a time to live, as its rows hold it: the time is part of the entry, and stands first.
template <class V>
struct Expiring {
  Timestamp expires = Timestamp::min();  ///< expired from then on
  V value{};
};

/// The name of such a value in schemas.
inline constexpr std::string_view kExpiringName = "weir.Expiring";

template <class V>
constexpr auto weir_fields(FieldsOf<Expiring<V>>) {
  return weir::detail::make_fields<&Expiring<V>::expires, &Expiring<V>::value>(kExpiringName, "expires, value");
}

}  // namespace weir::state

/// What was kept without a time to live gets one when it is written to.
template <class V>
struct weir::Migration<weir::state::Expiring<V>> {
  using From = V;
  static weir::state::Expiring<V> migrate(V value) { return {weir::state::ExpiryClock::kNever, std::move(value)}; }
};
