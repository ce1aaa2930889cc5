#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rest/json.h"

// Members of a request's body; null counts as absent. Errors: RestError 400 naming the member, if it is something else.

namespace weir::cluster {

std::optional<std::string> text_field(const json::object& object, std::string_view name);
std::optional<bool> flag_field(const json::object& object, std::string_view name);
std::optional<std::uint64_t> number_field(const json::object& object, std::string_view name);
std::vector<std::string> text_list_field(const json::object& object, std::string_view name);
/// Numbers and truths count as texts.
std::vector<std::pair<std::string, std::string>> text_map_field(const json::object& object, std::string_view name);

}  // namespace weir::cluster
