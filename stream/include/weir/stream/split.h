#pragma once

#include <string_view>
#include <vector>

namespace weir {

/// The words of a line as Java's line.split("\\s") gives them: separators are space, tab, \n, \v, \f and \r, one
/// character each.
///
/// Two separators in a row have an empty word between them, a leading one an empty word before it; empty words at the
/// end are dropped; an empty line is one empty word; a line of separators none. The words view `line`.
std::vector<std::string_view> split(std::string_view line);

}  // namespace weir
