#include "weir/stream/operators/parse_operator.h"

#include <fmt/format.h>

#include "weir/core/error.h"
#include "weir/core/printable.h"

namespace weir::detail {

namespace {

constexpr std::size_t kShownBytes = 200;

}  // namespace

void fail_malformed(const LinePlace& place, std::string_view reason) {
  const std::string text =
      printable(fmt::format("malformed line: {}: '{}{}'", reason, place.text.substr(0, kShownBytes),
                            place.text.size() > kShownBytes ? "..." : ""));
  if (place.file.empty()) throw UserError(text);
  throw RecordError(fmt::format("{}:{}: {}", place.file, place.number, text));
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
