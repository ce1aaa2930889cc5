#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::sim {

/// The names on the way from the root: {"a", "b"} for "/a//./b/" and "a/c/../b".
std::vector<std::string> path_names(std::string_view path);

/// The path that path_names() means: "/a/b", "/" for the root.
std::string absolute_path(std::string_view path);

/// `pattern` with '*' (any text, also with '/') and '?' (any character) describes `path`.
bool path_matches(std::string_view pattern, std::string_view path);

}  // namespace weir::sim
