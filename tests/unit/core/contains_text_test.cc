#include "weir/core/contains_text.h"

#include <any>
#include <array>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

namespace weir {
namespace {

struct Name {
  Text first;
  std::string last;
};
WEIR_FIELDS(Name, first, last);

struct Person {
  Name name;
  std::optional<Text> title;
  std::vector<Text> tags;
  std::variant<int, Text> contact;
  std::pair<int, Text> rank;
  std::tuple<Text, double> score;
  std::array<Text, 2> streets;
  std::map<std::string, Text> notes;
};
WEIR_FIELDS(Person, name, title, tags, contact, rank, score, streets, notes);

struct Plain {
  std::string word;
  std::int64_t count;
};
WEIR_FIELDS(Plain, word, count);

TEST(ContainsText, FindsTextAtAnyDepth) {
  EXPECT_TRUE(contains_text<Text>);
  EXPECT_TRUE(contains_text<Name>);
  EXPECT_TRUE(contains_text<std::vector<std::optional<Name>>>);
  EXPECT_TRUE((contains_text<std::variant<int, std::tuple<double, Text>>>));
  EXPECT_TRUE((contains_text<std::unordered_map<int, Text>>));
  EXPECT_TRUE((contains_text<std::map<Text, int>>));
  EXPECT_TRUE((contains_text<std::array<Text, 3>>));
}

TEST(ContainsText, IsFalseForTypesThatOwnTheirBytes) {
  EXPECT_FALSE(contains_text<Plain>);
  EXPECT_FALSE(contains_text<std::string>);
  EXPECT_FALSE(contains_text<int>);
  EXPECT_FALSE((contains_text<std::map<std::string, std::set<int>>>));
}

struct Unnamed {
  std::string word;
  std::string_view view;
  std::any anything;
  std::vector<int> numbers;
  std::function<void(Text)> function;
  int array[2];
};

TEST(ContainsText, IsFalseForAStructWithoutFieldsAndText) { EXPECT_FALSE(contains_text<Unnamed>); }

TEST(ContainsText, WouldNoticeATextThatNoFieldNames) {
  struct Direct {
    std::string word;
    Text text;
  };
  struct Inside {
    int number;
    Name name;
  };
  struct Held {
    int number;
    std::optional<Text> text;
  };
  struct Chosen {
    std::variant<int, Text> text;
  };
  EXPECT_TRUE(detail::has_unnamed_text<Direct>());
  EXPECT_TRUE(detail::has_unnamed_text<Inside>());
  EXPECT_TRUE(detail::has_unnamed_text<Held>());
  EXPECT_TRUE(detail::has_unnamed_text<Chosen>());
  EXPECT_FALSE(detail::has_unnamed_text<Unnamed>());
}

/// A source of texts that are overwritten once they have been rehomed.
class Rehome : public testing::Test {
 protected:
  Text text(std::string_view bytes) { return source_.emplace_back(bytes); }
  void overwrite_source() {
    for (std::string& bytes : source_) bytes.assign(bytes.size(), '#');
  }

  Arena arena_;

 private:
  std::deque<std::string> source_;
};

TEST_F(Rehome, CopiesEveryTextIntoTheArena) {
  Person person{{text("Ada"), "Lovelace"},
                text("Countess"),
                {text("maths"), text("")},
                text("by post"),
                {1, text("first")},
                {text("ten"), 10.0},
                {text("St James Square"), text("Ealing")},
                {{"born", text("1815")}}};
  rehome(person, arena_);
  overwrite_source();
  EXPECT_EQ(person.name.first, "Ada");
  EXPECT_EQ(person.name.last, "Lovelace");
  EXPECT_EQ(person.title, "Countess");
  EXPECT_EQ(person.tags, (std::vector<Text>{"maths", ""}));
  EXPECT_EQ(std::get<Text>(person.contact), "by post");
  EXPECT_EQ(person.rank.second, "first");
  EXPECT_EQ(std::get<0>(person.score), "ten");
  EXPECT_EQ(person.streets, (std::array<Text, 2>{"St James Square", "Ealing"}));
  EXPECT_EQ(person.notes.at("born"), "1815");
}

TEST_F(Rehome, LeavesEmptyOptionalsAndOtherAlternativesAlone) {
  std::optional<Text> none;
  std::variant<int, Text> number = 7;
  rehome(none, arena_);
  rehome(number, arena_);
  EXPECT_FALSE(none);
  EXPECT_EQ(std::get<int>(number), 7);
  EXPECT_EQ(arena_.capacity(), 0u);
}

TEST_F(Rehome, TouchesNothingInATypeWithoutText) {
  Plain plain{"word", 1};
  rehome(plain, arena_);
  EXPECT_EQ(plain.word, "word");
  EXPECT_EQ(arena_.capacity(), 0u);
}

}  // namespace
}  // namespace weir
