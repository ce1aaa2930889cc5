#include "weir/connectors/lines/dead_letter.h"

#include <iterator>
#include <string_view>

#include <fmt/format.h>

namespace weir {

namespace {

enum class Escape : bool { kNewlineOnly, kAll };

void append_escaped(std::string& out, std::string_view text, Escape escape) {
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (escape == Escape::kNewlineOnly) {
      out += c;
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\\') {
      out += "\\\\";
    } else {
      out += c;
    }
  }
}

}  // namespace

void format_dead_letter(const DeadLetter& letter, std::string& out) {
  append_escaped(out, letter.file, Escape::kAll);
  fmt::format_to(std::back_inserter(out), "\t{}\t{}\t", letter.number, letter.offset);
  append_escaped(out, letter.reason, Escape::kAll);
  out += '\t';
  append_escaped(out, letter.text, Escape::kNewlineOnly);
}

}  // namespace weir
