#include "weir/core/fields.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace shop {

struct Order {
  struct Line {
    std::string article;
    int pieces;
  };
  std::string customer;
  std::vector<Line> lines;
  int total = 0;
};
WEIR_FIELDS(Order::Line, article, pieces);
WEIR_FIELDS(Order, customer, lines, total);

struct Nothing {};
WEIR_FIELDS(Nothing);

/// Not an aggregate: it may keep a field to itself.
struct Cached {
  Cached() = default;
  int value = 0;
  int cache = 0;
};
WEIR_FIELDS(Cached, value);

struct Unnamed {
  int x;
};

}  // namespace shop

namespace weir {
namespace {

// clang-format off
struct Wide {
  int a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, c0, c1, c2, c3, c4, c5, c6, c7, c8, c9,
      d0, d1, d2, d3, d4, d5, d6, d7, d8, d9, e0, e1, e2, e3, e4, e5, e6, e7, e8, e9, f0, f1, f2, f3, f4, f5, f6, f7, f8, f9,
      g0, g1, g2, g3;
};
WEIR_FIELDS(Wide,
  a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, c0, c1, c2, c3, c4, c5, c6, c7, c8, c9,
  d0, d1, d2, d3, d4, d5, d6, d7, d8, d9, e0, e1, e2, e3, e4, e5, e6, e7, e8, e9, f0, f1, f2, f3, f4, f5, f6, f7, f8, f9,
  g0, g1, g2, g3);
// clang-format on

TEST(Fields, AreVisitedInOrderWithTheirNames) {
  shop::Order order{"ann", {}, 7};
  std::vector<std::string> names;
  for_each_field(order, [&](std::string_view name, auto&) { names.emplace_back(name); });
  EXPECT_EQ(names, (std::vector<std::string>{"customer", "lines", "total"}));
}

TEST(Fields, AreReferencesIntoTheValue) {
  shop::Order::Line line{"pen", 1};
  for_each_field(line, [](std::string_view, auto& field) {
    if constexpr (std::is_same_v<decltype(field), int&>) field = 5;
  });
  EXPECT_EQ(line.pieces, 5);
}

TEST(Fields, OfAConstValueAreConst) {
  const shop::Order::Line line{"pen", 3};
  int pieces = 0;
  for_each_field(line, [&](std::string_view, const auto& field) {
    if constexpr (std::is_same_v<decltype(field), const int&>) pieces = field;
  });
  EXPECT_EQ(pieces, 3);
}

TEST(Fields, AreKnownForStructsNamedByTheMacroOnly) {
  EXPECT_TRUE(HasFields<shop::Order>);
  EXPECT_TRUE(HasFields<shop::Order::Line>);
  EXPECT_FALSE(HasFields<shop::Unnamed>);
  EXPECT_FALSE(HasFields<int>);
  EXPECT_FALSE(HasFields<std::vector<shop::Order>>);
}

TEST(Fields, MayBeNone) { EXPECT_EQ(field_names<shop::Nothing>.size(), 0u); }

TEST(Fields, MayBeLeftOutOfAStructWithAConstructor) { EXPECT_EQ(field_names<shop::Cached>.size(), 1u); }

TEST(Fields, CanBeSixtyFour) {
  EXPECT_EQ(field_names<Wide>.size(), 64u);
  EXPECT_EQ(field_names<Wide>.front(), "a0");
  EXPECT_EQ(field_name(&Wide::g3), "g3");
}

TEST(TypeName, IsTheStructWithoutItsNamespace) {
  EXPECT_EQ(type_name<shop::Order>(), "Order");
  EXPECT_EQ(type_name<shop::Order::Line>(), "Line");
}

TEST(TypeName, IsTheCompilersSpellingForOtherTypes) {
  EXPECT_EQ(type_name<int>(), "int");
  EXPECT_EQ(type_name<shop::Unnamed>(), "shop::Unnamed");
}

TEST(FieldName, IsFoundFromAPointerToTheMember) {
  EXPECT_EQ(field_name(&shop::Order::customer), "customer");
  EXPECT_EQ(field_name(&shop::Order::total), "total");
}

TEST(FieldName, IsEmptyForAMemberThatIsNotListed) { EXPECT_EQ(field_name(&shop::Cached::cache), ""); }

}  // namespace
}  // namespace weir
