#include "weir/core/scaled.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(Scaled, CountsHaveThreeDigits) {
  EXPECT_EQ(scaled(0), "0");
  EXPECT_EQ(scaled(999), "999");
  EXPECT_EQ(scaled(1000), "1 k");
  EXPECT_EQ(scaled(1249), "1.2 k");
  EXPECT_EQ(scaled(99'949), "99.9 k");
  EXPECT_EQ(scaled(99'950), "100 k");
  EXPECT_EQ(scaled(999'499), "999 k");
  EXPECT_EQ(scaled(999'500), "1 M");
  EXPECT_EQ(scaled(120'000'000'000), "120 G");
  EXPECT_EQ(scaled(UINT64_MAX), "18.4 E");
}

TEST(Scaled, BytesHaveTheirUnit) {
  EXPECT_EQ(scaled_bytes(0), "0 B");
  EXPECT_EQ(scaled_bytes(999), "999 B");
  EXPECT_EQ(scaled_bytes(34'500'000), "34.5 MB");
}

}  // namespace
}  // namespace weir
