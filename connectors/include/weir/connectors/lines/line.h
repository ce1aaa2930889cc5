#pragma once

#include <cstdint>

#include "weir/connectors/lines/file_name.h"
#include "weir/core/fields.h"
#include "weir/core/text.h"

namespace weir {

/// A line of an input file, and where it stands there.
struct Line {
  Text text;                 ///< without its end
  FileName file;             ///< the path, as the source opened it
  std::uint64_t number = 0;  ///< from 1
  std::uint64_t offset = 0;  ///< of its first byte
};
WEIR_FIELDS(Line, text, file, number, offset);

}  // namespace weir
