#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weir/stream/arguments.h"
#include "weir/stream/configuration.h"

namespace weir::detail {

/// What --help prints: lines of at most 80 characters.
std::string help_text(std::string_view program, std::string_view job, const std::vector<Arguments::Known>& arguments,
                      const Configuration& defaults);

}  // namespace weir::detail
