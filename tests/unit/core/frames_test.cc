#include "weir/core/frames.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "weir/core/error.h"

namespace weir {
namespace {

std::vector<std::string> all(FrameReader& reader) {
  std::vector<std::string> frames;
  while (auto frame = reader.next()) frames.emplace_back(*frame);
  return frames;
}

TEST(Frames, HaveABigEndianLengthOfFourBytesBeforeThem) {
  EXPECT_EQ(to_frame("ab"), std::string("\0\0\0\2ab", 6));
  EXPECT_EQ(to_frame(std::string(258, 'x')).substr(0, 4), std::string("\0\0\1\2", 4));
}

TEST(Frames, ComeOutAsTheyWentInHoweverTheyAreCut) {
  const std::vector<std::string> sent{"one", "", std::string(1000, 'y'), std::string("\0\xff", 2)};
  std::string bytes;
  for (const std::string& frame : sent) bytes += to_frame(frame);
  for (std::size_t piece = 1; piece <= bytes.size(); piece = piece * 2 + 1) {
    FrameReader reader;
    std::vector<std::string> got;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      reader.add(std::string_view(bytes).substr(at, piece));
      for (std::string& frame : all(reader)) got.push_back(std::move(frame));
    }
    EXPECT_EQ(got, sent) << "in pieces of " << piece;
  }
}

TEST(Frames, BeyondTheLimitAreRefusedBeforeTheirBytesCome) {
  FrameReader reader(100);
  reader.add(std::string("\0\0\0\x65", 4));
  EXPECT_THROW(reader.next(), ExternalError);
  FrameReader largest;
  largest.add("\xff\xff\xff\xff");
  EXPECT_THROW(largest.next(), ExternalError);
}

TEST(Frames, OfTheLargestLengthAreTaken) {
  FrameReader reader(100);
  reader.add(to_frame(std::string(100, 'z')));
  EXPECT_EQ(reader.next(), std::string(100, 'z'));
}

}  // namespace
}  // namespace weir
