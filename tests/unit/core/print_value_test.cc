#include "weir/core/print_value.h"

#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <deque>
#include <limits>
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
#include <rapidcheck/gtest.h>

#include "weir/core/time.h"

namespace shop {

struct Money {
  std::int64_t cents;
};
void weir_print(std::string& out, const Money& money) { out += std::to_string(money.cents) + "c"; }

struct Opaque {};

}  // namespace shop

namespace weir {
namespace {

using namespace std::string_literals;

struct WordWithCount {
  std::string word;
  std::int64_t count;
};
WEIR_FIELDS(WordWithCount, word, count);

struct Basket {
  WordWithCount most;
  std::vector<shop::Money> prices;
};
WEIR_FIELDS(Basket, most, prices);

enum class Colour : std::uint8_t { kRed = 7 };
enum class Level : std::int8_t { kLow = -1 };

template <class T>
std::string printed(const T& value) {
  std::string out;
  append_value(out, value);
  return out;
}

TEST(PrintValue, ShowsAStructByItsNameAndFields) {
  EXPECT_EQ(printed(WordWithCount{"lorem", 1}), "WordWithCount(lorem,1)");
  EXPECT_EQ(printed(Basket{{"pen", 2}, {{5}, {7}}}), "Basket(WordWithCount(pen,2),[5c,7c])");
}

TEST(PrintValue, AppendsToWhatIsThere) {
  std::string out = "3> ";
  append_value(out, std::int64_t{1});
  EXPECT_EQ(out, "3> 1");
}

TEST(PrintValue, ShowsTextsAsTheyAre) {
  EXPECT_EQ(printed("a\0,\"b"s), "a,\"b"s.insert(1, 1, '\0'));
  EXPECT_EQ(printed(Text("lorem")), "lorem");
  EXPECT_EQ(printed(std::string_view("lorem")), "lorem");
  EXPECT_EQ(printed("lorem"), "lorem");
}

TEST(PrintValue, ShowsIntegersAsDecimals) {
  EXPECT_EQ(printed(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
  EXPECT_EQ(printed(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
  EXPECT_EQ(printed(std::int8_t{-5}), "-5");
  EXPECT_EQ(printed(std::uint8_t{65}), "65");
  EXPECT_EQ(printed('A'), "A");
}

TEST(PrintValue, ShowsBoolsEnumsAndIds) {
  EXPECT_EQ(printed(true), "true");
  EXPECT_EQ(printed(false), "false");
  EXPECT_EQ(printed(Colour::kRed), "7");
  EXPECT_EQ(printed(Level::kLow), "-1");
  EXPECT_EQ(printed(CheckpointId(12)), "12");
}

TEST(PrintValue, ShowsFloatsWithTheFewestDigits) {
  EXPECT_EQ(printed(0.1), "0.1");
  EXPECT_EQ(printed(0.1f), "0.1");
  EXPECT_EQ(printed(1.0), "1");
  EXPECT_EQ(printed(-2.5e300), "-2.5e+300");
  EXPECT_EQ(printed(std::numeric_limits<double>::infinity()), "inf");
}

RC_GTEST_PROP(PrintValueProperty, FloatsReadBackAsTheSameNumber, (double number)) {
  RC_ASSERT(std::stod(printed(number)) == number);
}

TEST(PrintValue, ShowsTimesByTheirCount) {
  EXPECT_EQ(printed(timestamp_ms(1'500'000'000'123)), "1500000000123");
  EXPECT_EQ(printed(std::chrono::seconds(5)), "5");
}

TEST(PrintValue, ShowsWhatIsInOptionalsAndVariants) {
  EXPECT_EQ(printed(std::optional<int>(3)), "3");
  EXPECT_EQ(printed(std::optional<int>()), "null");
  EXPECT_EQ(printed(std::variant<int, std::string>("x")), "x");
  EXPECT_EQ(printed(std::variant<std::monostate, int>()), "null");
}

TEST(PrintValue, ShowsElementsInBrackets) {
  EXPECT_EQ(printed(std::vector<int>{}), "[]");
  EXPECT_EQ(printed(std::vector<int>{1, 2, 3}), "[1,2,3]");
  EXPECT_EQ(printed(std::vector<bool>{true, false}), "[true,false]");
  EXPECT_EQ(printed(std::deque<std::string>{"a"}), "[a]");
  EXPECT_EQ(printed(std::array<int, 2>{1, 2}), "[1,2]");
  EXPECT_EQ(printed(std::set<int>{2, 1}), "[1,2]");
}

TEST(PrintValue, ShowsPairsAndTuplesInParentheses) {
  EXPECT_EQ(printed(std::pair(1, "a"s)), "(1,a)");
  EXPECT_EQ(printed(std::tuple(1, "a"s, true)), "(1,a,true)");
  EXPECT_EQ(printed(std::tuple<>()), "()");
}

TEST(PrintValue, ShowsHashedContainersInTheOrderOfTheirTexts) {
  std::unordered_set<int> numbers;
  std::unordered_map<std::string, int> ages;
  for (int i = 9; i >= 0; --i) numbers.insert(i);
  for (const char* name : {"eve", "bob", "ann"}) ages.emplace(name, 3);
  EXPECT_EQ(printed(numbers), "[0,1,2,3,4,5,6,7,8,9]");
  EXPECT_EQ(printed(ages), "{ann=3,bob=3,eve=3}");
  EXPECT_EQ(printed(std::map<int, std::string>{{2, "b"}, {1, "a"}}), "{1=a,2=b}");
}

TEST(PrintValue, LetsATypeSayHowItPrints) { EXPECT_EQ(printed(shop::Money{250}), "250c"); }

TEST(PrintValue, KnowsWhatItCannotPrint) {
  EXPECT_TRUE(Printable<Basket>);
  EXPECT_FALSE(Printable<shop::Opaque>);
  EXPECT_FALSE(Printable<std::vector<shop::Opaque>>);
  EXPECT_FALSE(Printable<int*>);
}

}  // namespace
}  // namespace weir
