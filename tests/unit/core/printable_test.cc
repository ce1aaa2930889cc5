#include "weir/core/printable.h"

#include <string>

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(Printable, LeavesTextAsItIs) {
  for (const std::string text : {"", "a b", "C:\\new", "na\xc3\xafve \xe2\x82\xac", "\xff", "\xc2"})
    EXPECT_EQ(printable(text), text);
}

TEST(Printable, ShowsControlCharacters) {
  EXPECT_EQ(printable("a\tb\r\n"),
            "a\tb"
            R"(\r\n)");
  EXPECT_EQ(printable(std::string("\0\x1b[2J\x7f", 6)), R"(\x00\x1b[2J\x7f)");
  EXPECT_EQ(printable("\xc2\x9b"
                      "2J"),
            R"(\xc2\x9b2J)");
}

}  // namespace
}  // namespace weir
