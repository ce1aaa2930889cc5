#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace weir::detail {

/// How many letters must be inserted, left out, replaced or swapped with their neighbour to turn one text into the
/// other.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The known name that `name` is most likely a slip for; nothing when none resembles it. The first of equals.
std::optional<std::string> nearest(std::string_view name, std::span<const std::string> known);

/// "; did you mean --port?" with the prefix "--", or nothing.
std::string did_you_mean(std::string_view name, std::span<const std::string> known, std::string_view prefix = "");

}  // namespace weir::detail
