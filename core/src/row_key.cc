#include "weir/core/row_key.h"

namespace weir {

namespace {

constexpr std::string_view kName = "row key";

}  // namespace

void append_row_prefix(const RowPrefix& prefix, KeyBuffer& out) {
  encode_key(prefix.group, out);
  encode_key(prefix.state, out);
  if (prefix.slice_end) encode_key(*prefix.slice_end, out);
}

void append_group_bound(std::uint32_t group, KeyBuffer& out) { encode_key(static_cast<std::uint16_t>(group), out); }

StateId state_of_row(std::string_view row_key) { return take_row_prefix(row_key, Sliced::kNo).state; }

RowPrefix take_row_prefix(std::string_view& row_key, Sliced sliced) {
  detail::KeyReader in(row_key, kName);
  RowPrefix prefix;
  detail::read_key(in, prefix.group);
  detail::read_key(in, prefix.state);
  if (sliced == Sliced::kYes) detail::read_key(in, prefix.slice_end.emplace());
  row_key = in.rest();
  return prefix;
}

}  // namespace weir
