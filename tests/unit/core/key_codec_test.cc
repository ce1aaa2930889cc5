#include "weir/core/key_codec.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "weir/core/error.h"
#include "weir/core/time.h"

namespace weir {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using namespace std::string_view_literals;

enum class Colour : std::uint8_t { kRed = 1, kBlue = 2 };
enum class Level : std::int16_t { kLow = -1, kHigh = 1 };
using UserId = StrongId<struct UserIdTag, std::uint32_t>;

struct Place {
  std::string country;
  std::int32_t postcode;
  auto operator<=>(const Place&) const = default;
};
WEIR_FIELDS(Place, country, postcode);

struct Empty {
  auto operator<=>(const Empty&) const = default;
};
WEIR_FIELDS(Empty);

template <class K>
std::string encoded(const K& key) {
  KeyBuffer out;
  encode_key(key, out);
  return std::string(out.view());
}

template <class K>
StoredKey<K> decoded(std::string_view bytes) {
  StoredKey<K> key = decode_key<K>(bytes);
  EXPECT_EQ(bytes, "");
  return key;
}

TEST(KeyCodec, WritesIntegersBigEndianWithTheSignBitFlipped) {
  EXPECT_EQ(encoded(std::uint32_t{0x01020304}), "\x01\x02\x03\x04"s);
  EXPECT_EQ(encoded(std::int32_t{0x01020304}), "\x81\x02\x03\x04"s);
  EXPECT_EQ(encoded(std::int64_t{-1}), "\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s);
  EXPECT_EQ(encoded(std::int16_t{-2}), "\x7F\xFE"s);
  EXPECT_EQ(encoded(std::int8_t{0}), "\x80"s);
  EXPECT_EQ(encoded(std::uint64_t{1}), "\0\0\0\0\0\0\0\x01"s);
  EXPECT_EQ(encoded('\xE9'), "\xE9"s);
}

TEST(KeyCodec, WritesBoolsEnumsIdsAndTimesAsTheIntegerInside) {
  EXPECT_EQ(encoded(true), "\x01"s);
  EXPECT_EQ(encoded(false), "\0"s);
  EXPECT_EQ(encoded(Colour::kBlue), "\x02"s);
  EXPECT_EQ(encoded(Level::kLow), "\x7F\xFF"s);
  EXPECT_EQ(encoded(UserId(258)), "\0\0\x01\x02"s);
  EXPECT_EQ(encoded(std::chrono::milliseconds(1)), "\x80\0\0\0\0\0\0\x01"s);
  EXPECT_EQ(encoded(timestamp_ms(-1)), "\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s);
}

TEST(KeyCodec, EscapesNulInTextsAndEndsThemWithTwo) {
  EXPECT_EQ(encoded("ab"s), "ab\0\0"s);
  EXPECT_EQ(encoded(""s), "\0\0"s);
  EXPECT_EQ(encoded("a\0b"s), "a\0\xFF"s + "b\0\0"s);
  EXPECT_EQ(encoded("\0\0"s), "\0\xFF\0\xFF\0\0"s);
}

TEST(KeyCodec, WritesEqualTextsOfAnyTypeAlike) {
  EXPECT_EQ(encoded(std::string_view("ab")), encoded("ab"s));
  EXPECT_EQ(encoded(Text("ab")), encoded("ab"s));
}

TEST(KeyCodec, WritesPartsOneAfterTheOther) {
  EXPECT_EQ(encoded(Place{"fr", 1}), "fr\0\0\x80\0\0\x01"s);
  EXPECT_EQ(encoded(std::pair(Place{"fr", 1}, true)), "fr\0\0\x80\0\0\x01\x01"s);
  EXPECT_EQ(encoded(std::tuple(std::uint8_t{7}, "x"s, std::uint8_t{9})), "\x07x\0\0\x09"s);
  EXPECT_EQ(encoded(std::array<std::uint8_t, 3>{3, 2, 1}), "\x03\x02\x01"s);
  EXPECT_EQ(encoded(Empty{}), "");
  EXPECT_EQ(encoded(std::monostate{}), "");
}

TEST(KeyCodec, ReadsAKeyFromTheFrontAndLeavesTheRest) {
  std::string_view bytes("fr\0\0\x80\0\0\x01tail", 12);
  EXPECT_EQ(decode_key<Place>(bytes), (Place{"fr", 1}));
  EXPECT_EQ(bytes, "tail");
}

TEST(KeyCodec, KeepsTextKeysAsStrings) {
  static_assert(std::is_same_v<StoredKey<Text>, std::string>);
  static_assert(std::is_same_v<StoredKey<std::string_view>, std::string>);
  static_assert(std::is_same_v<StoredKey<std::string>, std::string>);
  static_assert(std::is_same_v<StoredKey<std::int64_t>, std::int64_t>);
  static_assert(std::is_same_v<StoredKey<Place>, Place>);
  EXPECT_EQ(decoded<Text>("ab\0\0"sv), "ab");
}

TEST(KeyCodec, HasNoKeysOfFloatsAndContainers) {
  EXPECT_TRUE(KeyType<Place>);
  EXPECT_TRUE(KeyType<Text>);
  EXPECT_FALSE(KeyType<double>);
  EXPECT_FALSE(KeyType<std::chrono::duration<double>>);
  EXPECT_FALSE((KeyType<std::tuple<int, float>>));
  EXPECT_FALSE(KeyType<std::vector<int>>);
  EXPECT_FALSE(KeyType<const char*>);
  EXPECT_FALSE(KeyType<std::chrono::steady_clock::time_point>);
}

TEST(KeyCodec, NamesTypeAndOffsetOfBytesThatAreNoKey) {
  std::string_view bytes("fr\0\0\x80", 5);
  try {
    decode_key<Place>(bytes);
    FAIL() << "expected a CorruptionError";
  } catch (const CorruptionError& error) {
    EXPECT_STREQ(error.what(), "an encoded key of type Place ends too early, at byte 4 of 5");
  }
}

TEST(KeyCodec, RefusesBytesThatNoKeyEncodesTo) {
  for (std::string_view bytes : {"\x02"sv}) EXPECT_THROW(decode_key<bool>(bytes), CorruptionError);
  for (std::string_view bytes : {"a\0\x01"sv, "a"sv, "a\0"sv, ""sv})
    EXPECT_THROW(decode_key<std::string>(bytes), CorruptionError);
}

/// What must hold for any two keys of a type.
template <class K>
void keeps_its_promises(const K& a, const K& b) {
  const std::string bytes_a = encoded(a);
  const std::string bytes_b = encoded(b);
  RC_ASSERT(decoded<K>(bytes_a) == a);
  RC_ASSERT((a < b) == (bytes_a < bytes_b));
  RC_ASSERT((a == b) == (bytes_a == bytes_b));
  RC_ASSERT(a == b || !bytes_b.starts_with(bytes_a));
  for (std::size_t size = 0; size < bytes_a.size(); ++size) {
    std::string_view truncated(bytes_a.data(), size);
    RC_ASSERT_THROWS_AS(decode_key<K>(truncated), CorruptionError);
  }
}

/// Texts of few different bytes, so that prefixes, NULs and the escape's own bytes meet often.
std::string awkward_text() {
  return *rc::gen::container<std::string>(rc::gen::element('\0', '\x01', 'a', '\xFE', '\xFF'));
}

RC_GTEST_PROP(KeyCodecProperty, HoldsForSignedIntegers,
              (std::int64_t a, std::int64_t b, std::int16_t c, std::int16_t d)) {
  keeps_its_promises(a, b);
  keeps_its_promises(c, d);
  keeps_its_promises(a, std::numeric_limits<std::int64_t>::min());
  keeps_its_promises(a, std::numeric_limits<std::int64_t>::max());
}
RC_GTEST_PROP(KeyCodecProperty, HoldsForUnsignedIntegers,
              (std::uint64_t a, std::uint64_t b, std::uint8_t c, std::uint8_t d)) {
  keeps_its_promises(a, b);
  keeps_its_promises(c, d);
}
RC_GTEST_PROP(KeyCodecProperty, HoldsForTexts, ()) { keeps_its_promises(awkward_text(), awkward_text()); }
RC_GTEST_PROP(KeyCodecProperty, HoldsForStructs, (std::int32_t a, std::int32_t b)) {
  keeps_its_promises(Place{awkward_text(), a}, Place{awkward_text(), b});
}
RC_GTEST_PROP(KeyCodecProperty, HoldsForTuplesOfTexts, (bool a, bool b)) {
  keeps_its_promises(std::tuple(awkward_text(), awkward_text(), a), std::tuple(awkward_text(), awkward_text(), b));
}
RC_GTEST_PROP(KeyCodecProperty, HoldsForTimesAndIds,
              (std::int64_t a, std::int64_t b, std::uint32_t c, std::uint32_t d)) {
  keeps_its_promises(std::pair(timestamp_ms(a), UserId(c)), std::pair(timestamp_ms(b), UserId(d)));
  keeps_its_promises(std::chrono::seconds(a), std::chrono::seconds(b));
}

TEST(KeyBuffer, KeepsItsBytesWhenItOutgrowsTheInlinePart) {
  KeyBuffer buffer;
  std::string expected;
  for (int i = 0; i < 100; ++i) {
    const std::string part = std::to_string(i * i);
    buffer.append(part);
    expected += part;
    ASSERT_EQ(buffer.view(), expected);
  }
  ASSERT_GT(expected.size(), KeyBuffer::kInlineBytes);
  buffer.truncate(3);
  EXPECT_EQ(buffer.view(), expected.substr(0, 3));
  buffer.clear();
  EXPECT_EQ(buffer.view(), "");
}

}  // namespace
}  // namespace weir
