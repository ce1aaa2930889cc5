#include "weir/core/schema.h"

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "weir/core/error.h"
#include "weir/core/schema_of.h"
#include "weir/core/time.h"

namespace shop {

struct Message {
  static const void* descriptor() { return nullptr; }
  std::string GetTypeName() const { return "shop.Message"; }
  std::size_t ByteSizeLong() const { return 0; }
  bool AppendToString(std::string*) const { return true; }
  bool ParseFromArray(const void*, int) { return true; }
};

struct Point {};

enum class Level : std::int8_t { kLow };

namespace v1 {
struct Bid {
  std::int64_t price;
  std::string bidder;
  std::int32_t auction;
};
WEIR_FIELDS(Bid, price, bidder, auction);
}  // namespace v1

namespace v2 {
struct Bid {
  std::int64_t price;
  weir::Text bidder;
  std::string channel;
  std::int64_t auction;
};
WEIR_FIELDS(Bid, price, bidder, channel, auction);
}  // namespace v2

struct Best {
  std::string item;
  std::vector<v1::Bid> bids;
  std::map<std::string, int> counts;
};
WEIR_FIELDS(Best, item, bids, counts);

}  // namespace shop

template <>
struct weir::Codec<shop::Point> {
  static constexpr std::string_view kName = "Point:2";
  static void encode(const shop::Point&, std::string& out) { out += '.'; }
  static void decode(Reader& in, shop::Point&) { in.fixed<char>(kName); }
};

namespace weir {
namespace {

template <class T>
std::string line() {
  return to_string(schema_of<T>());
}

TEST(Schema, NamesScalarsByWidthAndMeaning) {
  EXPECT_EQ(line<bool>(), "bool");
  EXPECT_EQ(line<std::int64_t>(), "int64");
  EXPECT_EQ(line<long long>(), "int64");
  EXPECT_EQ(line<std::uint8_t>(), "uint8");
  EXPECT_EQ(line<char>(), "char");
  EXPECT_EQ(line<float>(), "float");
  EXPECT_EQ(line<double>(), "double");
  EXPECT_EQ(line<std::string>(), "string");
  EXPECT_EQ(line<std::monostate>(), "nothing");
  EXPECT_EQ(line<shop::Level>(), "enum(int8)");
  EXPECT_EQ(line<Timestamp>(), "time(int64,1/1000)");
  EXPECT_EQ(line<std::chrono::seconds>(), "duration(int64,1/1)");
}

TEST(Schema, NamesWhatContainersHold) {
  EXPECT_EQ(line<std::optional<int>>(), "optional<int32>");
  EXPECT_EQ((line<std::variant<int, std::string>>()), "variant<int32, string>");
  EXPECT_EQ((line<std::tuple<int, bool>>()), "tuple<int32, bool>");
  EXPECT_EQ((line<std::array<int, 3>>()), "array[3]<int32>");
  EXPECT_EQ(line<std::vector<int>>(), "list<int32>");
  EXPECT_EQ(line<std::set<int>>(), "set<int32>");
  EXPECT_EQ((line<std::map<int, std::vector<bool>>>()), "map<int32, list<bool>>");
}

TEST(Schema, NamesStructsMessagesAndOwnCodecs) {
  EXPECT_EQ(line<shop::v1::Bid>(), "Bid{price: int64, bidder: string, auction: int32}");
  EXPECT_EQ(line<std::vector<shop::Message>>(), "list<protobuf shop.Message>");
  EXPECT_EQ(line<shop::Point>(), "custom Point:2");
}

TEST(Schema, IsEqualForTypesThatEncodeAlike) {
  EXPECT_EQ(schema_of<std::string>(), schema_of<Text>());
  EXPECT_EQ(schema_of<std::vector<int>>(), schema_of<std::deque<int>>());
  EXPECT_EQ((schema_of<std::map<int, int>>()), (schema_of<std::unordered_map<int, int>>()));
  EXPECT_EQ(schema_of<std::set<int>>(), schema_of<std::unordered_set<int>>());
  EXPECT_EQ((schema_of<std::pair<int, bool>>()), (schema_of<std::tuple<int, bool>>()));
  EXPECT_EQ(schema_of<CheckpointId>(), schema_of<std::uint64_t>());
}

TEST(Schema, DiffersInTypesNamesAndOrder) {
  const Schema bid = schema_of<shop::v1::Bid>();
  Schema renamed = bid;
  renamed.parts[0].name = "cost";
  Schema retyped = bid;
  retyped.parts[0].schema.type = "int32";
  Schema reordered = bid;
  std::swap(reordered.parts[0], reordered.parts[1]);
  for (const Schema& other : {renamed, retyped, reordered}) {
    EXPECT_NE(bid, other);
    EXPECT_NE(bid.hash(), other.hash());
    EXPECT_NE(bid.encode(), other.encode());
  }
  EXPECT_NE((schema_of<std::array<int, 2>>()), (schema_of<std::array<int, 3>>()));
  EXPECT_NE(schema_of<std::vector<int>>(), schema_of<std::set<int>>());
}

TEST(Schema, PutsEveryFieldOnALineOfItsOwn) {
  EXPECT_EQ(to_lines(schema_of<shop::Best>()),
            "Best\n"
            "  item: string\n"
            "  bids: list\n"
            "    element: Bid\n"
            "      price: int64\n"
            "      bidder: string\n"
            "      auction: int32\n"
            "  counts: map<string, int32>\n");
}

TEST(Schema, ShowsADifferenceSideBySide) {
  EXPECT_EQ(difference(schema_of<shop::v1::Bid>(), schema_of<shop::v2::Bid>()),
            "  stored             this job\n"
            "  Bid                Bid\n"
            "    price: int64       price: int64\n"
            "    bidder: string     bidder: string\n"
            "!   auction: int32     channel: string\n"
            "!                      auction: int64\n");
  EXPECT_EQ(difference(schema_of<int>(), schema_of<std::vector<bool>>(), "old", "new"),
            "  old     new\n"
            "! int32   list<bool>\n");
}

TEST(Schema, ShowsALineThatIsMissingOnOneSide) {
  Schema shorter = schema_of<shop::v1::Bid>();
  shorter.parts.erase(shorter.parts.begin());
  EXPECT_EQ(difference(schema_of<shop::v1::Bid>(), shorter),
            "  stored             this job\n"
            "  Bid                Bid\n"
            "!   price: int64\n"
            "    bidder: string     bidder: string\n"
            "    auction: int32     auction: int32\n");
}

TEST(Schema, HasNoDifferenceToItself) { EXPECT_EQ(difference(schema_of<shop::Best>(), schema_of<shop::Best>()), ""); }

TEST(Schema, HasAnEncodingThatNeverChanges) {
  using namespace std::string_literals;
  EXPECT_EQ((schema_of<std::tuple<bool>>().encode()),
            "\x05\0\x01\x01"
            "0\x01\x04"
            "bool\0"s);
}

TEST(Schema, ReadsBackWhatItWrote) {
  const Schema schema = schema_of<std::tuple<shop::Best, std::optional<shop::Message>, shop::Point>>();
  EXPECT_EQ(Schema::decode(schema.encode()), schema);
}

TEST(Schema, RefusesEveryTruncationAndBytesLeftOver) {
  const std::string bytes = schema_of<shop::Best>().encode();
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_THROW(Schema::decode(std::string_view(bytes).substr(0, size)), CorruptionError) << size;
  EXPECT_THROW(Schema::decode(bytes + "x"), CorruptionError);
}

TEST(Schema, RefusesATreeThatNestsTooDeep) {
  Schema deep;
  for (int level = 1; level < 64; ++level) deep = Schema{Schema::Kind::kList, "", {{"element", deep}}};
  EXPECT_EQ(Schema::decode(deep.encode()), deep);
  deep = Schema{Schema::Kind::kList, "", {{"element", deep}}};
  EXPECT_THROW(Schema::decode(deep.encode()), CorruptionError);
}

TEST(Schema, RefusesAKindThatDoesNotExist) {
  std::string bytes = schema_of<int>().encode();
  bytes[0] = 12;
  EXPECT_THROW(Schema::decode(bytes), CorruptionError);
}

}  // namespace
}  // namespace weir
