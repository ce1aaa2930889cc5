#include "weir/stream/evictors.h"

#include <fmt/format.h>

#include "weir/core/error.h"

namespace weir {

namespace {

/// Longer than that, arithmetic on the largest timestamps could overflow.
constexpr Duration kLongest{100'000'000'000'000};

}  // namespace

detail::KeepingEvictor<detail::KeepLast> CountEvictor::of(std::int64_t count, Evict when) {
  if (count < 0) throw UserError(fmt::format("CountEvictor: the count must not be negative, it is {}", count));
  return {{static_cast<std::size_t>(count)}, when};
}

detail::KeepingEvictor<detail::KeepRecent> TimeEvictor::of(Duration keep, Evict when) {
  if (keep < Duration{1} || keep > kLongest)
    throw UserError(fmt::format("TimeEvictor: the time to keep must be from 1 ms to {} ms, it is {} ms",
                                kLongest.count(), keep.count()));
  return {{keep}, when};
}

}  // namespace weir
