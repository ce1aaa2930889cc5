#pragma once

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
