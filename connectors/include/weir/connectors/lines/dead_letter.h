#pragma once

#include <cstdint>
#include <string>

#include "weir/core/fields.h"

namespace weir {

/// A line that could not be used, why, and where it stands: what is kept of a malformed record.
struct DeadLetter {
  std::string file;
  std::uint64_t number = 0;  ///< of the line, from 1
  std::uint64_t offset = 0;  ///< of its first byte
  std::string text;
  std::string reason;
};
WEIR_FIELDS(DeadLetter, file, number, offset, text, reason);

/// Appends `file<TAB>number<TAB>offset<TAB>reason<TAB>text`: the format of dead letters in files.
///
/// File and reason are written with \t, \n, \r and \\ for a tab, newline, carriage return and backslash; the text as it
/// is, except for \n. So everything behind the fourth tab is the input line.
void format_dead_letter(const DeadLetter& letter, std::string& out);

}  // namespace weir
