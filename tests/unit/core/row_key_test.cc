#include "weir/core/row_key.h"

#include <cstdint>
#include <string>
#include <tuple>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "weir/core/error.h"

namespace weir {
namespace {

using namespace std::string_literals;

const RowPrefix kSliced{KeyGroup(0x0102), StateId(0x0304), timestamp_ms(5)};
const RowPrefix kUnsliced{KeyGroup(0x0102), StateId(0x0304), {}};

template <class K>
std::string row_key(const RowPrefix& prefix, const K& key, std::string_view sub_key = {}) {
  KeyBuffer out;
  append_row_key(prefix, key, out, sub_key);
  return std::string(out.view());
}

TEST(RowKey, IsGroupThenStateThenSliceEndThenKeyThenSubKey) {
  EXPECT_EQ(row_key(kSliced, "ab"s, "sub"),
            "\x01\x02\x03\x04\x80\0\0\0\0\0\0\x05"
            "ab\0\0sub"s);
}

TEST(RowKey, HasNothingForTheSliceOfAnUnslicedState) {
  EXPECT_EQ(row_key(kUnsliced, std::uint16_t{7}), "\x01\x02\x03\x04\0\x07"s);
}

TEST(RowKey, BeginsWithItsPrefix) {
  KeyBuffer prefix;
  append_row_prefix(kSliced, prefix);
  EXPECT_TRUE(row_key(kSliced, 1).starts_with(prefix.view()));
  EXPECT_EQ(prefix.size(), 12u);
}

TEST(RowKey, KnowsItsState) { EXPECT_EQ(state_of_row(row_key(kSliced, 1)), StateId(0x0304)); }

TEST(RowKey, LiesBetweenTheBoundsOfItsKeyGroup) {
  const auto bound = [](std::uint32_t group) {
    KeyBuffer out;
    append_group_bound(group, out);
    return std::string(out.view());
  };
  const std::string least = row_key({KeyGroup(32767), StateId(0), {}}, std::monostate{});
  const std::string greatest = row_key({KeyGroup(32767), StateId(0xFFFF), Timestamp::max()}, "\xFF\xFF"s, "\xFF");
  EXPECT_LE(bound(32767), least);
  EXPECT_GT(bound(32768), greatest);
}

TEST(RowKey, RefusesBytesThatEndBeforeTheKey) {
  const std::string whole = row_key(kSliced, std::monostate{});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    std::string_view truncated(whole.data(), size);
    EXPECT_THROW(take_row_prefix(truncated, Sliced::kYes), CorruptionError) << size;
  }
}

using Row = std::tuple<std::uint16_t, std::uint16_t, std::int64_t, std::string, std::string>;

RC_GTEST_PROP(RowKeyProperty, ReadsBackWhatItIsMadeOf, (Row row)) {
  const auto& [group, state, slice_end, key, sub_key] = row;
  const RowPrefix prefix{KeyGroup(group), StateId(state), timestamp_ms(slice_end)};
  const std::string bytes = row_key(prefix, key, sub_key);
  std::string_view rest = bytes;
  RC_ASSERT(take_row_prefix(rest, Sliced::kYes) == prefix);
  RC_ASSERT(decode_key<std::string>(rest) == key);
  RC_ASSERT(rest == sub_key);
}

RC_GTEST_PROP(RowKeyProperty, SortsLikeTheTupleOfItsParts, (Row a, Row b)) {
  if (*rc::gen::arbitrary<bool>()) std::get<0>(b) = std::get<0>(a);
  if (*rc::gen::arbitrary<bool>()) std::get<1>(b) = std::get<1>(a);
  if (*rc::gen::arbitrary<bool>()) std::get<2>(b) = std::get<2>(a);
  if (*rc::gen::arbitrary<bool>()) std::get<3>(b) = std::get<3>(a);
  const auto bytes = [](const Row& row) {
    const auto& [group, state, slice_end, key, sub_key] = row;
    return row_key({KeyGroup(group), StateId(state), timestamp_ms(slice_end)}, key, sub_key);
  };
  RC_ASSERT((a < b) == (bytes(a) < bytes(b)));
}

}  // namespace
}  // namespace weir
