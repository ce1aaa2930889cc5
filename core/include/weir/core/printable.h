#pragma once

#include <string>
#include <string_view>

namespace weir {

/// The text as a terminal and a log may get it, on one line: control characters but tabs, those of UTF-8 included, are
/// written as \n, \r or \x1b, a backslash as it is. For what comes from outside: it could move the cursor, or forge
/// lines of a log.
std::string printable(std::string_view text);

}  // namespace weir
