#include "weir/stream/split.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace weir {
namespace {

struct Case {
  std::string_view line;
  std::vector<std::string_view> words;
};

TEST(Split, CutsAsJavaDoes) {
  using namespace std::string_view_literals;
  const std::vector<Case> cases = {
      {"", {""}},
      {"a", {"a"}},
      {"a b", {"a", "b"}},
      {"a  b", {"a", "", "b"}},
      {" a", {"", "a"}},
      {"  a", {"", "", "a"}},
      {"a ", {"a"}},
      {"a   ", {"a"}},
      {"a b  ", {"a", "b"}},
      {" ", {}},
      {"   ", {}},
      {" \t\r\n", {}},
      {"a\tb\nc\vd\fe\rf", {"a", "b", "c", "d", "e", "f"}},
      {"a\r\nb", {"a", "", "b"}},
      {"to be, or", {"to", "be,", "or"}},
      {"a\0b"sv, {"a\0b"sv}},
      {"a\xC2\xA0"
       "b",
       {"a\xC2\xA0"
        "b"}},  // a no-break space is none of the six
      {"a\x1C"
       "b",
       {"a\x1C"
        "b"}},
      {"\xFF \xFE", {"\xFF", "\xFE"}},
  };
  for (const Case& of : cases) EXPECT_EQ(split(of.line), of.words) << "'" << of.line << "'";
}

TEST(Split, GivesViewsOfTheLine) {
  const std::string line = "one two";
  const auto words = split(line);
  EXPECT_EQ(words[1].data(), line.data() + 4);
}

}  // namespace
}  // namespace weir
