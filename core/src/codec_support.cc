#include "weir/core/detail/codec_support.h"

#include <algorithm>

#include "weir/core/error.h"

namespace weir::detail {

bool decode_flag(Reader& in, std::string_view type) {
  const auto byte = in.fixed<unsigned char>(type);
  if (byte > 1) in.fail(type, "has a flag that is neither 0 nor 1");
  return byte == 1;
}

void refuse_to_encode(const std::string& what) {
  throw UserError("Weir cannot encode " + what + ": set what is missing before the value is kept or sent");
}

void EntrySorter::sort() {
  const std::string unsorted = out_.substr(begin_);
  std::vector<std::string_view> entries;
  entries.reserve(ends_.size());
  std::size_t from = begin_;
  for (const std::size_t end : ends_) {
    entries.push_back(std::string_view(unsorted).substr(from - begin_, end - from));
    from = end;
  }
  std::sort(entries.begin(), entries.end());
  out_.resize(begin_);
  for (const std::string_view entry : entries) out_ += entry;
}

}  // namespace weir::detail
