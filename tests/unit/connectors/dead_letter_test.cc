#include "weir/connectors/lines/dead_letter.h"

#include <string>

#include <gtest/gtest.h>

namespace weir {
namespace {

std::string formatted(const DeadLetter& letter) {
  std::string line;
  format_dead_letter(letter, line);
  return line;
}

TEST(DeadLetter, IsOneLineWithItsPlaceTheReasonAndTheTextAsItWas) {
  EXPECT_EQ(formatted({"in/a.csv", 3, 120, "1,,x", "no number"}), "in/a.csv\t3\t120\tno number\t1,,x");
}

TEST(DeadLetter, KeepsTabsInTheTextAndEscapesThemBeforeIt) {
  EXPECT_EQ(formatted({"in/\t", 3, 120, "a\tb\\c\r\xff", "got 'a\tb'\r\n in C:\\x"}),
            "in/\\t\t3\t120\tgot 'a\\tb'\\r\\n in C:\\\\x\ta\tb\\c\r\xff");
}

TEST(DeadLetter, StaysOneLineWhateverItsTextIs) { EXPECT_EQ(formatted({"f", 1, 0, "a\nb", "r"}), "f\t1\t0\tr\ta\\nb"); }

}  // namespace
}  // namespace weir
