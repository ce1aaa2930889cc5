#pragma once

#include "weir/core/operator.h"

namespace weir::detail {

/// The inputs of an operator that takes two streams.
inline constexpr InputIndex kFirstInput{0};
inline constexpr InputIndex kSecondInput{1};

}  // namespace weir::detail
