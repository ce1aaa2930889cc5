#include "weir/stream/watermarks.h"

#include <fmt/format.h>

#include "weir/core/error.h"

namespace weir {

WatermarkStrategy bounded_out_of_orderness(Duration bound) {
  if (bound < Duration{0})
    throw UserError(
        fmt::format("bounded_out_of_orderness: records cannot be {} ms out of order; write 0 or more", bound.count()));
  return WatermarkStrategy{bound, {}, {}};
}

}  // namespace weir
