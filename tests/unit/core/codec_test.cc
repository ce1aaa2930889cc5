#include "weir/core/codec.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "weir/core/error.h"
#include "weir/core/time.h"

namespace shop {

/// What protoc's classes look like to Weir: a message of one byte that must not be zero.
struct Message {
  static const void* descriptor() { return nullptr; }
  std::string GetTypeName() const { return "shop.Message"; }
  std::size_t ByteSizeLong() const { return 1; }
  bool AppendToString(std::string* out) const {
    out->push_back(content);
    return content != '\0';
  }
  bool ParseFromArray(const void* data, int size) {
    content = size == 1 ? *static_cast<const char*>(data) : '\0';
    return content != '\0';
  }
  char content = '\0';
  friend bool operator==(const Message&, const Message&) = default;
};

struct Point {
  int x = 0;
  friend bool operator==(const Point&, const Point&) = default;
};

struct Opaque {};
struct NoDefault {
  explicit NoDefault(int v) : value(v) {}
  int value;
};
WEIR_FIELDS(NoDefault, value);

}  // namespace shop

template <>
struct weir::Codec<shop::Point> {
  static constexpr std::string_view kName = "Point";
  static void encode(const shop::Point& point, std::string& out) { out += std::to_string(point.x) + ";"; }
  static void decode(Reader& in, shop::Point& point) {
    std::string digits;
    for (char c = in.fixed<char>(kName); c != ';'; c = in.fixed<char>(kName)) digits += c;
    point.x = std::stoi(digits);
  }
};

namespace weir {
namespace {

using namespace std::string_literals;

enum class Level : std::int16_t { kLow = -2 };

struct Bid {
  std::int64_t price = 0;
  std::string bidder;
  friend bool operator==(const Bid&, const Bid&) = default;
};
WEIR_FIELDS(Bid, price, bidder);

struct Empty {
  friend bool operator==(const Empty&, const Empty&) = default;
};
WEIR_FIELDS(Empty);

struct Everything {
  bool flag = false;
  double number = 0;
  Level level = Level::kLow;
  Timestamp time;
  Duration pause{};
  CheckpointId checkpoint;
  std::optional<Bid> best;
  std::variant<std::monostate, std::string, Bid> choice;
  std::pair<std::int8_t, std::string> pair;
  std::tuple<Empty, std::uint16_t> tuple;
  std::array<std::string, 2> array;
  std::vector<std::int32_t> numbers;
  std::vector<Bid> bids;
  std::deque<bool> flags;
  std::map<std::string, std::vector<std::string>> map;
  std::set<std::int64_t> set;
  std::unordered_map<std::int32_t, std::string> hashed_map;
  std::unordered_set<std::string> hashed_set;
  std::vector<shop::Message> messages;
  shop::Point point;
  friend bool operator==(const Everything&, const Everything&) = default;
};
WEIR_FIELDS(Everything, flag, number, level, time, pause, checkpoint, best, choice, pair, tuple, array, numbers, bids,
            flags, map, set, hashed_map, hashed_set, messages, point);

struct Line {
  Text text;
  std::vector<Text> words;
};
WEIR_FIELDS(Line, text, words);

template <class T>
std::string encoded(const T& value) {
  std::string out;
  encode_value(value, out);
  return out;
}

TEST(Codec, WritesNumbersLittleEndian) {
  EXPECT_EQ(encoded(std::uint32_t{0x01020304}), "\x04\x03\x02\x01"s);
  EXPECT_EQ(encoded(std::int64_t{-2}), "\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s);
  EXPECT_EQ(encoded(std::int8_t{-1}), "\xFF"s);
  EXPECT_EQ(encoded(1.0), "\0\0\0\0\0\0\xF0\x3F"s);
  EXPECT_EQ(encoded(1.0f), "\0\0\x80\x3F"s);
}

TEST(Codec, WritesBoolsEnumsIdsAndTimesAsTheNumberInside) {
  EXPECT_EQ(encoded(true), "\x01"s);
  EXPECT_EQ(encoded(Level::kLow), "\xFE\xFF"s);
  EXPECT_EQ(encoded(AttemptId(3)), "\x03\0\0\0"s);
  EXPECT_EQ(encoded(timestamp_ms(1)), "\x01\0\0\0\0\0\0\0"s);
  EXPECT_EQ(encoded(std::chrono::seconds(2)), "\x02\0\0\0\0\0\0\0"s);
}

TEST(Codec, WritesTextsBehindTheirLength) {
  EXPECT_EQ(encoded("ab"s),
            "\x02"
            "ab"s);
  EXPECT_EQ(encoded(Text("ab")), encoded("ab"s));
  EXPECT_EQ(encoded(std::string(300, 'x')).substr(0, 3), "\xAC\x02x"s);
}

TEST(Codec, WritesOptionalsAndVariantsBehindWhatTheyHold) {
  EXPECT_EQ(encoded(std::optional<std::uint8_t>()), "\0"s);
  EXPECT_EQ(encoded(std::optional<std::uint8_t>(7)), "\x01\x07"s);
  EXPECT_EQ(encoded(std::variant<std::monostate, std::uint8_t>()), "\0\0"s);
  EXPECT_EQ(encoded(std::variant<std::monostate, std::uint8_t>(std::uint8_t{7})), "\x01\x07"s);
}

TEST(Codec, WritesPartsOneAfterTheOther) {
  EXPECT_EQ(encoded(Bid{1, "x"}), "\x01\0\0\0\0\0\0\0\x01x"s);
  EXPECT_EQ(encoded(std::tuple(std::uint8_t{1}, "x"s)), "\x01\x01x"s);
  EXPECT_EQ(encoded(std::array<std::uint8_t, 2>{1, 2}), "\x01\x02"s);
  EXPECT_EQ(encoded(Empty{}), "\0"s);
  EXPECT_EQ(encoded(std::tuple<>()), "\0"s);
  EXPECT_EQ(encoded(std::array<int, 0>()), "\0"s);
}

TEST(Codec, WritesContainersBehindTheirSize) {
  EXPECT_EQ(encoded(std::vector<std::uint16_t>{1, 2}), "\x02\x01\0\x02\0"s);
  EXPECT_EQ(encoded(std::deque<std::uint16_t>{1, 2}), "\x02\x01\0\x02\0"s);
  EXPECT_EQ(encoded(std::vector<bool>{true, false}), "\x02\x01\0"s);
  EXPECT_EQ(encoded(std::map<std::uint8_t, std::string>{{1, "a"}, {2, ""}}),
            "\x02\x01\x01"
            "a\x02\0"s);
  EXPECT_EQ(encoded(std::set<std::uint8_t>{2, 1}), "\x02\x01\x02"s);
}

TEST(Codec, WritesHashedContainersInTheOrderOfTheirBytes) {
  std::unordered_map<std::uint8_t, std::string> up;
  std::unordered_map<std::uint8_t, std::string> down(1000);
  for (std::uint8_t i = 0; i < 200; ++i) {
    up.emplace(i, std::to_string(i));
    down.emplace(199 - i, std::to_string(199 - i));
  }
  EXPECT_EQ(encoded(up), encoded(down));
  EXPECT_EQ(encoded(std::unordered_set<std::uint8_t>{3, 1, 2}), "\x03\x01\x02\x03"s);
}

TEST(Codec, WritesProtobufMessagesBehindTheirLength) { EXPECT_EQ(encoded(shop::Message{'m'}), "\x01m"s); }

TEST(Codec, UsesATypesOwnCodec) {
  EXPECT_EQ(encoded(std::vector<shop::Point>{{12}, {3}}),
            "\x02"
            "12;3;"s);
  EXPECT_EQ(decode_value<shop::Point>("12;"), shop::Point{12});
}

TEST(Codec, AppendsToWhatIsThere) {
  std::string out = "before";
  encode_value(std::unordered_set<std::uint8_t>{2, 1}, out);
  EXPECT_EQ(out, "before\x02\x01\x02"s);
}

TEST(Codec, CopiesTextsIntoTheArenaOfTheReader) {
  std::string bytes = encoded(Line{"a b", {"a", "b"}});
  Arena arena;
  Line line;
  Reader in(bytes, &arena);
  decode_value(in, line);
  bytes.assign(bytes.size(), '#');
  EXPECT_EQ(line.text, "a b");
  EXPECT_EQ(line.words, (std::vector<Text>{"a", "b"}));
}

TEST(Codec, ReplacesWhatAValueHeldBefore) {
  Everything value;
  value.best = Bid{1, "x"};
  value.choice = "x";
  value.numbers = {1, 2};
  value.map = {{"a", {"b"}}};
  value.hashed_set = {"x"};
  value.messages = {shop::Message{'m'}};
  const std::string empty = encoded(Everything{});
  Reader in(empty);
  decode_value(in, value);
  EXPECT_EQ(value, Everything{});
}

TEST(Codec, NamesTypeAndOffsetOfBytesThatAreCutShort) {
  const std::string bytes = encoded(Bid{1, "bidder"});
  try {
    decode_value<Bid>(bytes.substr(0, 12));
    FAIL() << "expected a CorruptionError";
  } catch (const CorruptionError& error) {
    EXPECT_STREQ(error.what(),
                 "an encoded value of type string counts more elements than bytes follow, at byte 9 of 12");
  }
}

TEST(Codec, RefusesBytesThatNoValueEncodesTo) {
  EXPECT_THROW(decode_value<bool>("\x02"), CorruptionError);
  EXPECT_THROW(decode_value<std::optional<int>>("\x02"), CorruptionError);
  EXPECT_THROW((decode_value<std::variant<bool, bool>>("\x02\x01")), CorruptionError);
  EXPECT_THROW(decode_value<Empty>("\x01"), CorruptionError);
  EXPECT_THROW(decode_value<std::string>("\x80\0"s), CorruptionError);  // a length not in its shortest form
  EXPECT_THROW(decode_value<std::set<std::uint8_t>>("\x02\x01\x01"), CorruptionError);
  EXPECT_THROW((decode_value<std::map<std::uint8_t, bool>>("\x02\x01\x01\x01\x01")), CorruptionError);
  EXPECT_THROW(decode_value<shop::Message>("\x01\0"s), CorruptionError);
}

TEST(Codec, RefusesBytesLeftOver) { EXPECT_THROW(decode_value<std::uint8_t>("\x01\x02"), CorruptionError); }

TEST(Codec, ChecksLengthsBeforeItTakesMemory) {
  const std::string huge = "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F"s;  // a length of nearly 2^63
  EXPECT_THROW(decode_value<std::string>(huge), CorruptionError);
  EXPECT_THROW(decode_value<std::vector<std::int64_t>>(huge), CorruptionError);
  EXPECT_THROW(decode_value<std::vector<Empty>>(huge + "\0\0"s), CorruptionError);
  EXPECT_THROW((decode_value<std::unordered_map<std::string, Bid>>(huge)), CorruptionError);
  EXPECT_THROW(decode_value<shop::Message>(huge), CorruptionError);
  EXPECT_THROW(decode_value<std::string>("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02"s), CorruptionError);
}

TEST(Codec, RefusesToEncodeAMessageThatLacksAField) { EXPECT_THROW(encoded(shop::Message{}), UserError); }

TEST(Codec, KnowsWhatItCannotEncode) {
  EXPECT_TRUE(Encodable<Everything>);
  EXPECT_TRUE(Encodable<Line>);
  EXPECT_FALSE(Encodable<shop::Opaque>);
  EXPECT_FALSE(Encodable<std::vector<shop::Opaque>>);
  EXPECT_FALSE((Encodable<std::map<int, shop::Opaque>>));
  EXPECT_FALSE(Encodable<shop::NoDefault>);
  EXPECT_FALSE(Encodable<std::string_view>);
  EXPECT_FALSE(Encodable<int*>);
  EXPECT_FALSE(Encodable<std::unique_ptr<int>>);
  EXPECT_FALSE(Encodable<MonotonicTime>);
  EXPECT_FALSE(Encodable<long double>);
}

Bid any_bid() { return {*rc::gen::arbitrary<std::int64_t>(), *rc::gen::arbitrary<std::string>()}; }

Everything any_everything() {
  const auto any_string = [] { return *rc::gen::arbitrary<std::string>(); };
  Everything value;
  value.flag = *rc::gen::arbitrary<bool>();
  value.number = *rc::gen::arbitrary<double>();
  value.level = static_cast<Level>(*rc::gen::arbitrary<std::int16_t>());
  value.time = timestamp_ms(*rc::gen::arbitrary<std::int64_t>());
  value.pause = Duration(*rc::gen::arbitrary<std::int64_t>());
  value.checkpoint = CheckpointId(*rc::gen::arbitrary<std::uint64_t>());
  if (*rc::gen::arbitrary<bool>()) value.best = any_bid();
  if (*rc::gen::arbitrary<bool>()) value.choice = any_bid();
  value.pair = {*rc::gen::arbitrary<std::int8_t>(), any_string()};
  std::get<1>(value.tuple) = *rc::gen::arbitrary<std::uint16_t>();
  value.array = {any_string(), any_string()};
  value.numbers = *rc::gen::arbitrary<std::vector<std::int32_t>>();
  value.bids.resize(*rc::gen::inRange(0, 4));
  for (Bid& bid : value.bids) bid = any_bid();
  value.flags = *rc::gen::arbitrary<std::deque<bool>>();
  value.map = *rc::gen::arbitrary<std::map<std::string, std::vector<std::string>>>();
  value.set = *rc::gen::arbitrary<std::set<std::int64_t>>();
  value.hashed_map = *rc::gen::arbitrary<std::unordered_map<std::int32_t, std::string>>();
  value.hashed_set = *rc::gen::arbitrary<std::unordered_set<std::string>>();
  value.messages.resize(*rc::gen::inRange(0, 4), shop::Message{'m'});
  value.point.x = *rc::gen::arbitrary<int>();
  return value;
}

RC_GTEST_PROP(CodecProperty, ReadsBackWhatItWrote, ()) {
  const Everything value = any_everything();
  RC_ASSERT(decode_value<Everything>(encoded(value)) == value);
}

RC_GTEST_PROP(CodecProperty, WritesWhatItReadAgainAlike, ()) {
  const std::string bytes = encoded(any_everything());
  RC_ASSERT(encoded(decode_value<Everything>(bytes)) == bytes);
}

TEST(Codec, RefusesEveryTruncation) {
  Everything value;
  value.best = Bid{1, "ann"};
  value.choice = Bid{2, "bob"};
  value.array = {"x", "y"};
  value.numbers = {1, 2, 3};
  value.bids = {{3, "eve"}, {4, ""}};
  value.flags = {true, false};
  value.map = {{"a", {"b", "c"}}, {"d", {}}};
  value.set = {1, 2};
  value.hashed_map = {{1, "x"}, {2, "y"}};
  value.hashed_set = {"x", "y"};
  value.messages = {shop::Message{'m'}};
  const std::string bytes = encoded(value);
  ASSERT_EQ(decode_value<Everything>(bytes), value);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_THROW(decode_value<Everything>(std::string_view(bytes).substr(0, size)), CorruptionError) << size;
}

RC_GTEST_PROP(CodecProperty, EndsWithAValueOrACorruptionErrorWhenAByteIsWrong, (unsigned char wrong)) {
  using Some = std::tuple<std::optional<std::string>, std::vector<Bid>, std::map<bool, std::vector<bool>>>;
  std::string bytes = encoded(Some("text", {{1, "ann"}, {2, "bob"}}, {{false, {true}}, {true, {false, true}}}));
  bytes[*rc::gen::inRange<std::size_t>(0, bytes.size())] = static_cast<char>(wrong);
  try {
    RC_ASSERT(encoded(decode_value<Some>(bytes)).size() == bytes.size());
  } catch (const CorruptionError&) {
    RC_SUCCEED("refused");
  }
}

RC_GTEST_PROP(CodecProperty, WritesVarintsInTheirShortestForm, (std::uint64_t number)) {
  std::string bytes;
  detail::append_varint(bytes, number >> *rc::gen::inRange(0, 64));
  Reader in(bytes);
  std::string again;
  detail::append_varint(again, in.varint("number"));
  RC_ASSERT(again == bytes);
  RC_ASSERT(in.remaining() == 0u);
  RC_ASSERT(bytes.size() <= 10u);
}

}  // namespace
}  // namespace weir
