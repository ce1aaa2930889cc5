#include "weir/connectors/lines/line_splitter.h"

#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "weir/core/error.h"

namespace weir::connectors {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

LineSplitter splitter(std::size_t max_line = 1024, char delimiter = '\n') {
  LineSplitter::Options options;
  options.where = "file 'in/a.txt'";
  options.max_line = max_line;
  options.delimiter = delimiter;
  return LineSplitter(std::move(options));
}

void drain(LineSplitter& splitter, std::vector<std::string>& lines) {
  while (const auto line = splitter.next()) lines.emplace_back(line->text);
}

std::vector<std::string> split(LineSplitter splitter, const std::vector<std::string>& pieces) {
  std::vector<std::string> lines;
  for (const std::string& piece : pieces) {
    splitter.feed(piece);
    drain(splitter, lines);
  }
  splitter.end();
  drain(splitter, lines);
  return lines;
}

std::string message_of(LineSplitter splitter, const std::vector<std::string>& pieces) {
  try {
    split(std::move(splitter), pieces);
  } catch (const UserError& e) {
    return e.what();
  }
  return "";
}

TEST(LineSplitter, CutsAtTheDelimiterAndCountsALastLineWithoutOne) {
  EXPECT_THAT(split(splitter(), {"a\nbc\n\nd"}), ElementsAre("a", "bc", "", "d"));
  EXPECT_THAT(split(splitter(), {"a\n"}), ElementsAre("a"));
  EXPECT_THAT(split(splitter(), {}), IsEmpty());
}

TEST(LineSplitter, CutsOffOneCarriageReturnBeforeANewlineOnly) {
  EXPECT_THAT(split(splitter(), {"a\r\nb\r\r\n\r\nc\rd\ne\r"}), ElementsAre("a", "b\r", "", "c\rd", "e"));
  EXPECT_THAT(split(splitter(1024, ';'), {"a\r;b"}), ElementsAre("a\r", "b"));
}

TEST(LineSplitter, PassesNulAndInvalidUtf8AsTheyAre) {
  const std::string odd("\0\xff\xc3", 3);
  EXPECT_THAT(split(splitter(), {odd + "\n" + odd}), ElementsAre(odd, odd));
}

RC_GTEST_PROP(LineSplitter, GivesTheSameLinesHoweverTheBytesArrive, ()) {
  const auto text = *rc::gen::container<std::string>(rc::gen::element('a', 'b', '\n', '\r'));
  const auto cuts = *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(1, 5));
  std::vector<std::string> pieces;
  std::size_t at = 0;
  for (std::size_t i = 0; at < text.size(); ++i) {
    const std::size_t size = i < cuts.size() ? cuts[i] : text.size();
    pieces.push_back(text.substr(at, size));
    at += size;
  }
  RC_ASSERT(split(splitter(), pieces) == split(splitter(), {text}));
}

TEST(LineSplitter, TellsNumberAndOffsetOfEachLineAndWhereToGoOn) {
  LineSplitter::Options options;
  options.offset = 100;
  options.lines = 7;
  LineSplitter lines(options);
  lines.feed("ab\r\nc");
  const auto first = lines.next();
  ASSERT_TRUE(first);
  EXPECT_EQ(std::tuple(first->number, first->offset), std::tuple(8, 100));
  EXPECT_FALSE(lines.next());
  EXPECT_EQ(std::tuple(lines.offset(), lines.lines()), std::tuple(104, 8)) << "not behind what is not a line yet";
  lines.end();
  const auto last = lines.next();
  ASSERT_TRUE(last);
  EXPECT_EQ(std::tuple(last->number, last->offset), std::tuple(9, 104));
  EXPECT_EQ(lines.offset(), 105);
}

TEST(LineSplitter, RefusesALineAboveTheLimitWithItsPlaceAndLength) {
  EXPECT_THAT(message_of(splitter(4), {"ab\n1234", "5"}),
              AllOf(HasSubstr("file 'in/a.txt'"), HasSubstr("line 2, which begins at byte 3"),
                    HasSubstr("5 bytes so far"), HasSubstr("limit of 4"), HasSubstr("raise the limit")));
  EXPECT_THAT(message_of(splitter(4), {"12345\n"}), HasSubstr("line 1"));
  EXPECT_THAT(message_of(splitter(4), {"1234\rx"}), HasSubstr("line 1"));
}

TEST(LineSplitter, TakesALineThatIsExactlyAsLongAsTheLimit) {
  EXPECT_THAT(split(splitter(4), {"1234\r", "\n1234\n1234"}), ElementsAre("1234", "1234", "1234"));
}

}  // namespace
}  // namespace weir::connectors
