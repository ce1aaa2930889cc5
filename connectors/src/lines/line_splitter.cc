#include "weir/connectors/lines/line_splitter.h"

#include <utility>

#include <fmt/format.h>

#include "weir/core/check.h"
#include "weir/core/error.h"

namespace weir::connectors {

void LineSplitter::feed(std::string piece) {
  WEIR_CHECK(at_ == piece_.size() && !ended_, at_, piece_.size());
  piece_ = std::move(piece);
  at_ = 0;
}

std::optional<LineSplitter::Line> LineSplitter::next() {
  if (std::exchange(partial_given_, false)) partial_.clear();
  const std::string_view rest = std::string_view(piece_).substr(at_);
  const std::size_t length = rest.find(options_.delimiter);
  const bool whole = length != std::string_view::npos;
  if (whole && partial_.empty()) {
    at_ += length + 1;
    return cut(rest.substr(0, length), 1);
  }
  partial_.append(rest.substr(0, length));
  at_ = whole ? at_ + length + 1 : piece_.size();
  if (!whole && !ended_) {
    check_length(partial_);
    return std::nullopt;
  }
  if (!whole && partial_.empty()) return std::nullopt;
  partial_given_ = true;
  return cut(partial_, whole ? 1 : 0);
}

LineSplitter::Line LineSplitter::cut(std::string_view raw, std::size_t delimiters) {
  check_length(raw);
  const std::uint64_t begin = options_.offset;
  options_.offset += raw.size() + delimiters;
  return {stripped(raw), ++options_.lines, begin};
}

std::string_view LineSplitter::stripped(std::string_view raw) const {
  if (options_.delimiter == '\n' && raw.ends_with('\r')) raw.remove_suffix(1);
  return raw;
}

void LineSplitter::check_length(std::string_view raw) const {
  if (stripped(raw).size() <= options_.max_line) return;
  throw UserError(fmt::format(
      "{}: line {}, which begins at byte {}, has {} bytes so far, above the limit of {}: raise the limit for "
      "the length of a line, or correct the input",
      options_.where, options_.lines + 1, options_.offset, raw.size(), options_.max_line));
}

}  // namespace weir::connectors
