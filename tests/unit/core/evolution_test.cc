#include "weir/core/evolution.h"

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/core/codec.h"
#include "weir/core/error.h"
#include "weir/core/fields.h"
#include "weir/core/schema_of.h"

namespace weir::evolution_test {

using testing::ElementsAre;
using testing::HasSubstr;
using Compatibility = Evolution::Compatibility;

// What a job had. Names without their namespaces are what is stored.
namespace before {

struct Address {
  std::string street;
  std::int32_t number = 0;
};
WEIR_FIELDS(Address, street, number);

struct Account {
  std::string owner;
  std::int64_t cents = 0;
  Address address;
  std::vector<Address> others;
};
WEIR_FIELDS(Account, owner, cents, address, others);

struct Reading {
  double fahrenheit = 0;
};
WEIR_FIELDS(Reading, fahrenheit);

}  // namespace before

// What it has now.
namespace now {

struct Address {
  std::int32_t number = 0;
  std::string street;
  std::string country = "unknown";
};
WEIR_FIELDS(Address, number, street, country);

struct Account {
  std::vector<Address> others;
  std::int64_t cents = 0;
  Address address;
  std::optional<std::string> remark;
  int limit = 100;
};
WEIR_FIELDS(Account, others, cents, address, remark, limit);

struct Reading {
  double celsius = 0;
  std::string place = "somewhere";
};
WEIR_FIELDS(Reading, celsius, place);

}  // namespace now

struct CelsiusReading {
  double celsius = 0;
};
WEIR_FIELDS(CelsiusReading, celsius);

struct Point {
  int x = 0;
  int y = 0;
};

}  // namespace weir::evolution_test

template <>
struct weir::Migration<weir::evolution_test::CelsiusReading> {
  using From = weir::evolution_test::before::Reading;
  static weir::evolution_test::CelsiusReading migrate(const From& old) { return {(old.fahrenheit - 32) / 1.8}; }
};

template <>
struct weir::Migration<weir::evolution_test::now::Reading> {
  using From = weir::evolution_test::CelsiusReading;
  static weir::evolution_test::now::Reading migrate(const From& old) {
    if (old.celsius < -273) throw std::runtime_error("colder than cold");
    return {old.celsius, "home"};
  }
};

template <>
struct weir::Codec<weir::evolution_test::Point> {
  static constexpr std::string_view kName = "Point";
  static void encode(const weir::evolution_test::Point& value, std::string& out) {
    out += static_cast<char>(value.x);
    if (value.x != 0) out += static_cast<char>(value.y);
  }
  static void decode(Reader& in, weir::evolution_test::Point& value) {
    value.x = in.fixed<char>("Point");
    value.y = value.x != 0 ? in.fixed<char>("Point") : 0;
  }
};

namespace weir::evolution_test {
namespace {

template <class Old, class New>
Evolution evolution() {
  return {schema_of<Old>(), value_type_of<New>()};
}

template <class New, class Old>
New migrated(const Old& old) {
  std::string bytes;
  encode_value(old, bytes);
  std::string out;
  evolution<Old, New>().migrate(bytes, out);
  return decode_value<New>(out);
}

TEST(Evolution, OfAnEqualTypeChangesNothing) {
  const auto same = evolution<before::Account, before::Account>();
  EXPECT_EQ(same.compatibility(), Compatibility::kAsIs);
  EXPECT_THAT(same.changes(), testing::IsEmpty());
}

TEST(Evolution, FindsFieldsByTheirNamesAtEveryDepth) {
  const before::Account old{"ann", 1250, {"Lane", 7}, {{"Street", 1}, {"Road", 2}}};
  const auto account = migrated<now::Account>(old);
  EXPECT_EQ(account.cents, 1250);
  EXPECT_EQ(account.address.street, "Lane");
  EXPECT_EQ(account.address.number, 7);
  ASSERT_EQ(account.others.size(), 2U);
  EXPECT_EQ(account.others[1].street, "Road");
  EXPECT_EQ(account.others[1].number, 2);
}

TEST(Evolution, GivesNewFieldsWhatANewObjectHas) {
  const auto account = migrated<now::Account>(before::Account{"ann", 1, {"Lane", 7}, {{"Road", 2}}});
  EXPECT_EQ(account.limit, 100);
  EXPECT_EQ(account.remark, std::nullopt);
  EXPECT_EQ(account.address.country, "unknown");
  EXPECT_EQ(account.others.at(0).country, "unknown");
}

TEST(Evolution, SaysWhatChanges) {
  const auto change = evolution<before::Account, now::Account>();
  EXPECT_EQ(change.compatibility(), Compatibility::kMigrated);
  EXPECT_THAT(change.changes(),
              ElementsAre("field 'owner' is forgotten", "field 'address.country' is new",
                          "field 'others.country' is new", "field 'remark' is new", "field 'limit' is new"));
}

TEST(Evolution, GoesIntoWhateverHoldsAStruct) {
  using Old = before::Address;
  using New = now::Address;
  const Old old{"Lane", 7};
  EXPECT_EQ((migrated<std::optional<New>>(std::optional<Old>(old))->street), "Lane");
  EXPECT_EQ((migrated<std::optional<New>>(std::optional<Old>())), std::nullopt);
  EXPECT_EQ((std::get<1>(migrated<std::tuple<int, New, bool>>(std::tuple<int, Old, bool>(1, old, true))).number), 7);
  EXPECT_EQ((migrated<std::array<New, 2>>(std::array<Old, 2>{Old{"", 1}, old})[1].street), "Lane");
  EXPECT_EQ((migrated<std::map<std::string, New>>(std::map<std::string, Old>{{"a", old}, {"b", {}}}).at("a").number),
            7);
  EXPECT_EQ((migrated<std::unordered_map<int, New>>(std::unordered_map<int, Old>{{1, old}, {9, old}}).at(9).street),
            "Lane");
  using OldChoice = std::variant<int, Old>;
  using NewChoice = std::variant<int, New, std::string>;
  EXPECT_EQ((std::get<1>(migrated<NewChoice>(OldChoice(old))).street), "Lane");
  EXPECT_EQ((std::get<0>(migrated<NewChoice>(OldChoice(5)))), 5);
}

TEST(Evolution, RefusesWhatIsNoLongerWhatItWas) {
  const auto refusal = []<class Old, class New>(const Old&, const New&) {
    const auto change = evolution<Old, New>();
    EXPECT_EQ(change.compatibility(), Compatibility::kRefused);
    return change.refusal();
  };
  EXPECT_EQ(refusal(std::int32_t{}, std::int64_t{}), "the value was int32 and is int64");
  EXPECT_EQ(refusal(std::string(), std::vector<std::string>()), "the value was string and is list<string>");
  EXPECT_THAT(refusal(std::variant<int, bool>(), std::variant<int>()), HasSubstr("variant<int32, bool>"));
  EXPECT_THAT(refusal(std::variant<int, bool>(), std::variant<bool, int>()), HasSubstr("'0' was int32 and is bool"));
  EXPECT_THAT(refusal(std::array<before::Address, 2>(), std::array<now::Address, 3>()), HasSubstr("array[3]"));
  EXPECT_THAT(refusal(std::tuple<int>(), std::tuple<int, int>()), HasSubstr("tuple<int32, int32>"));
}

TEST(Evolution, RefusesToForgetAllFields) {
  const auto change = evolution<before::Reading, before::Address>();
  EXPECT_EQ(change.compatibility(), Compatibility::kRefused);
  EXPECT_THAT(change.refusal(), HasSubstr("no field of before"));
}

TEST(Evolution, LeavesKeysAlone) {
  EXPECT_EQ((evolution<std::map<std::tuple<int, bool>, int>, std::map<std::tuple<int, int>, int>>().compatibility()),
            Compatibility::kRefused);
  EXPECT_EQ((evolution<std::set<int>, std::set<bool>>().compatibility()), Compatibility::kRefused);
  EXPECT_EQ((evolution<std::map<int, bool>, std::unordered_map<int, bool>>().compatibility()), Compatibility::kAsIs);
}

namespace renamed {
struct Place {
  std::string street;
  std::int32_t number = 0;
};
WEIR_FIELDS(Place, street, number);
}  // namespace renamed

TEST(Evolution, DoesNotMindTheNameOfAStruct) {
  EXPECT_EQ((evolution<before::Address, renamed::Place>().compatibility()), Compatibility::kAsIs);
  EXPECT_EQ((migrated<renamed::Place>(before::Address{"Lane", 7}).number), 7);
}

TEST(Evolution, MigratesThroughEarlierTypes) {
  const auto reading = migrated<now::Reading>(before::Reading{212});
  EXPECT_DOUBLE_EQ(reading.celsius, 100);
  EXPECT_EQ(reading.place, "home");
  EXPECT_EQ(migrated<now::Reading>(CelsiusReading{20}).place, "home");
  const auto change = evolution<before::Reading, now::Reading>();
  EXPECT_THAT(change.changes(), ElementsAre("the value is migrated from Reading to CelsiusReading",
                                            "the value is migrated from CelsiusReading to Reading"));
}

TEST(Evolution, MigratesWithinOtherValues) {
  const auto readings = migrated<std::map<int, std::vector<now::Reading>>>(
      std::map<int, std::vector<before::Reading>>{{1, {{32}, {50}}}});
  ASSERT_EQ(readings.at(1).size(), 2U);
  EXPECT_DOUBLE_EQ(readings.at(1)[0].celsius, 0);
  EXPECT_DOUBLE_EQ(readings.at(1)[1].celsius, 10);
}

TEST(Evolution, HandsOnWhatAMigrationThrows) {
  EXPECT_THROW(migrated<now::Reading>(CelsiusReading{-300}), std::runtime_error);
}

struct WithPoint {
  Point point;
  std::int64_t after = 0;
};
WEIR_FIELDS(WithPoint, point, after);
struct PointBehind {
  std::int64_t after = 0;
  Point point;
};
WEIR_FIELDS(PointBehind, after, point);
struct WithoutPoint {
  std::int64_t after = 0;
};
WEIR_FIELDS(WithoutPoint, after);

TEST(Evolution, MovesWhatOnlyACodecUnderstands) {
  for (const int x : {0, 3}) {
    const auto moved = migrated<PointBehind>(WithPoint{{x, 4}, 12});
    EXPECT_EQ(moved.after, 12);
    EXPECT_EQ(moved.point.x, x);
  }
}

TEST(Evolution, RefusesToForgetWhatOnlyAMissingCodecUnderstands) {
  const auto change = evolution<WithPoint, WithoutPoint>();
  ASSERT_EQ(change.compatibility(), Compatibility::kRefused);
  EXPECT_EQ(change.refusal(), "field 'point' was written by the Codec of 'Point', which this job does not have");
}

TEST(Evolution, FindsDamage) {
  const auto change = evolution<before::Address, now::Address>();
  std::string out;
  EXPECT_THROW(change.migrate("\5ab", out), CorruptionError);
  std::string bytes;
  encode_value(before::Address{"Lane", 7}, bytes);
  bytes += "more";
  EXPECT_THROW(change.migrate(bytes, out), CorruptionError);
}

}  // namespace
}  // namespace weir::evolution_test
