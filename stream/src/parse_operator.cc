#include "weir/stream/operators/parse_operator.h"

#include <fmt/format.h>

#include "weir/core/error.h"

namespace weir::detail {

namespace {

constexpr std::size_t kShownBytes = 200;

}  // namespace

void fail_malformed(const LinePlace& place, std::string_view reason) {
  const std::string where = place.file.empty() ? "a line" : fmt::format("{}:{}", place.file, place.number);
  const bool cut = place.text.size() > kShownBytes;
  throw UserError(fmt::format("{}: malformed line: {}: '{}{}'", where, reason, place.text.substr(0, kShownBytes), cut ? "..." : ""));
}

DeadLetter dead_letter(const LinePlace& place, std::string_view reason) {
  DeadLetter letter;
  letter.file = place.file;
  letter.number = place.number;
  letter.offset = place.offset;
  letter.text = place.text;
  letter.reason = reason;
  return letter;
}

}  // namespace weir::detail
