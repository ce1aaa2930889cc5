#include "weir/cluster/decode_json.h"

#include <array>
#include <chrono>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "weir/core/codec.h"
#include "weir/core/error.h"
#include "weir/core/fields.h"
#include "weir/core/ids.h"
#include "weir/core/key_buffer.h"
#include "weir/core/key_codec.h"
#include "weir/core/schema_of.h"
#include "weir/core/time.h"

namespace weir::cluster {
namespace {

using namespace std::chrono_literals;

enum class Color : std::uint8_t { kRed = 1, kBlue = 200 };

struct Nothing {};
WEIR_FIELDS(Nothing);

struct Bid {
  std::int64_t auction = 0;
  std::string bidder;
  std::optional<double> price;
  std::vector<Color> colors;
};
WEIR_FIELDS(Bid, auction, bidder, price, colors);

struct Place {
  std::string city;
  std::int16_t number = 0;
  std::array<bool, 2> sides{};
};
WEIR_FIELDS(Place, city, number, sides);

struct Point {
  int x = 0;
};

template <class T>
std::string json_of(const T& value) {
  std::string bytes;
  encode_value(value, bytes);
  return value_json(schema_of<T>(), bytes);
}

template <class K>
std::string json_of_key(const K& key) {
  KeyBuffer bytes;
  encode_key(key, bytes);
  bytes.append("rest");
  std::string_view view = bytes.view();
  std::string json = key_json(schema_of<K>(), view);
  EXPECT_EQ(view, "rest");
  return json;
}

}  // namespace
}  // namespace weir::cluster

template <>
struct weir::Codec<weir::cluster::Point> {
  static constexpr std::string_view kName = "Point";
  static void encode(const cluster::Point& value, std::string& out) { out += static_cast<char>(value.x); }
  static void decode(Reader& in, cluster::Point& value) { value.x = in.take(1, kName).front(); }
};

namespace weir::cluster {
namespace {

TEST(ValueJson, WritesNumbersAsTheyAre) {
  EXPECT_EQ(json_of(std::int8_t{-128}), "-128");
  EXPECT_EQ(json_of(std::uint8_t{255}), "255");
  EXPECT_EQ(json_of(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
  EXPECT_EQ(json_of(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
  EXPECT_EQ(json_of(0.1), "0.1");
  EXPECT_EQ(json_of(1.5F), "1.5");
  EXPECT_EQ(json_of(true), "true");
  EXPECT_EQ(json_of(Color::kBlue), "200");
  EXPECT_EQ(json_of(CheckpointId(7)), "7");
  EXPECT_EQ(json_of(1500ms), "1500");
}

TEST(ValueJson, WritesNumbersThatJsonLacksAsTexts) {
  EXPECT_EQ(json_of(std::numeric_limits<double>::quiet_NaN()), R"("NaN")");
  EXPECT_EQ(json_of(-std::numeric_limits<double>::infinity()), R"("-Infinity")");
}

TEST(ValueJson, EscapesTexts) {
  EXPECT_EQ(json_of(std::string("a\"b\\c\n\0d", 8)), R"("a\"b\\c\u000a\u0000d")");
  EXPECT_EQ(json_of(std::string("\xff")), R"("\ufffd")");
}

TEST(ValueJson, NamesTheFieldsOfStructs) {
  EXPECT_EQ(json_of(Bid{7, "ann", 2.5, {Color::kRed, Color::kBlue}}),
            R"({"auction":7,"bidder":"ann","price":2.5,"colors":[1,200]})");
  EXPECT_EQ(json_of(Bid{}), R"({"auction":0,"bidder":"","price":null,"colors":[]})");
  EXPECT_EQ(json_of(Nothing{}), "{}");
}

TEST(ValueJson, WritesContainersAsArrays) {
  EXPECT_EQ(json_of(std::tuple(1, std::string("a"))), R"([1,"a"])");
  EXPECT_EQ(json_of(std::set<int>{3, 1}), "[1,3]");
  EXPECT_EQ(json_of(std::map<std::string, int>{{"a", 1}, {"b", 2}}), R"([["a",1],["b",2]])");
  EXPECT_EQ(json_of(std::unordered_map<int, std::vector<int>>{{1, {2, 3}}}), "[[1,[2,3]]]");
  EXPECT_EQ(json_of(std::array<int, 2>{4, 5}), "[4,5]");
}

TEST(ValueJson, TellsTheAlternativeOfAVariant) {
  using Either = std::variant<int, std::string>;
  EXPECT_EQ(json_of(Either(5)), R"({"0":5})");
  EXPECT_EQ(json_of(Either("x")), R"({"1":"x"})");
}

TEST(ValueJson, ShowsTheBytesOfWhatOnlyTheJobReads) {
  EXPECT_EQ(json_of(Point{10}), R"({"type":"custom Point","hex":"0a"})");
  EXPECT_EQ(json_of(std::vector<Point>{{1}, {255}}), R"({"type":"list<custom Point>","hex":"0201ff"})");
}

TEST(ValueJson, RefusesBytesThatTheSchemaDoesNotFit) {
  const Schema number = schema_of<std::int32_t>();
  EXPECT_THROW(value_json(number, "abc"), CorruptionError);
  EXPECT_THROW(value_json(number, "abcde"), CorruptionError);
  EXPECT_THROW(value_json(schema_of<bool>(), "\2"), CorruptionError);
  EXPECT_THROW(value_json(schema_of<std::string>(), "\5abc"), CorruptionError);
  EXPECT_THROW(value_json(schema_of<std::vector<int>>(), "\177abc"), CorruptionError);
  EXPECT_THROW((value_json(schema_of<std::variant<int, bool>>(), "\2")), CorruptionError);
  EXPECT_THROW(value_json({Schema::Kind::kScalar, "int65", {}}, "abcdefgh"), CorruptionError);
}

TEST(KeyJson, ReadsEveryKindOfKeyAndLeavesWhatFollows) {
  EXPECT_EQ(json_of_key(std::int32_t{-5}), "-5");
  EXPECT_EQ(json_of_key(std::uint64_t{1} << 63), "9223372036854775808");
  EXPECT_EQ(json_of_key(std::string("a\0b", 3)), R"("a\u0000b")");
  EXPECT_EQ(json_of_key(Color::kRed), "1");
  EXPECT_EQ(json_of_key(SubtaskIndex(3)), "3");
  EXPECT_EQ(json_of_key('x'), R"("x")");
  EXPECT_EQ(json_of_key(timestamp_ms(-1)), "-1");
  EXPECT_EQ(json_of_key(std::pair(std::string("k"), true)), R"(["k",true])");
  EXPECT_EQ(json_of_key(Place{"Ulm", -3, {true, false}}), R"({"city":"Ulm","number":-3,"sides":[true,false]})");
}

TEST(KeyJson, RefusesKeysThatBreakOff) {
  std::string_view text("ab\0", 3);
  EXPECT_THROW(key_json(schema_of<std::string>(), text), CorruptionError);
  std::string_view number("abc");
  EXPECT_THROW(key_json(schema_of<std::int64_t>(), number), CorruptionError);
  std::string_view real("abcdefgh");
  EXPECT_THROW(key_json(schema_of<double>(), real), CorruptionError);
}

}  // namespace
}  // namespace weir::cluster
