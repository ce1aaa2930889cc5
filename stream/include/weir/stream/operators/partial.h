#pragma once

#include <string>
#include <string_view>

#include "weir/core/codec.h"
#include "weir/core/time.h"

namespace weir::detail {

/// What a slice's records of one key came to before the exchange.
template <class K, class Acc>
struct Partial {
  K key;
  Timestamp slice_end;
  Acc accumulator;
};

}  // namespace weir::detail

template <class K, class Acc>
  requires weir::Encodable<K> && weir::Encodable<Acc>
struct weir::Codec<weir::detail::Partial<K, Acc>> {
  static constexpr std::string_view kName = "Partial";
  static void encode(const detail::Partial<K, Acc>& value, std::string& out) {
    Codec<K>::encode(value.key, out);
    Codec<Timestamp>::encode(value.slice_end, out);
    Codec<Acc>::encode(value.accumulator, out);
  }
  static void decode(Reader& in, detail::Partial<K, Acc>& value) {
    Codec<K>::decode(in, value.key);
    Codec<Timestamp>::decode(in, value.slice_end);
    Codec<Acc>::decode(in, value.accumulator);
  }
};
