#include "weir/core/file_tools.h"

#include <exception>
#include <functional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/core/error.h"
#include "weir/sim/disk.h"

namespace weir::sim {
namespace {

using ::testing::HasSubstr;

TEST(ParentOf, IsWhatHoldsTheName) {
  EXPECT_EQ(parent_of("/a/b"), "/a");
  EXPECT_EQ(parent_of("/a"), "/");
  EXPECT_EQ(parent_of("a"), ".");
}

TEST(ReadWhole, RefusesMoreThanItsLimit) {
  Disk disk(1);
  disk.write_file("/file", "seven..");
  EXPECT_EQ(read_whole(disk, "/file"), "seven..");
  EXPECT_EQ(read_whole(disk, "/file", 7), "seven..");
  try {
    read_whole(disk, "/file", 6);
    FAIL() << "it was read";
  } catch (const CorruptionError& error) {
    EXPECT_THAT(error.what(), HasSubstr("/file has 7 bytes"));
  }
}

TEST(MakeDurableDirectory, OutlivesALossOfPowerWithAllThatIsAboveIt) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Disk disk(seed);
    make_durable_directory(disk, "/a/b/c");
    disk.crash();
    EXPECT_TRUE(disk.exists("/a/b/c")) << seed;
  }
}

TEST(RemoveTree, RemovesAFileOrADirectoryWithAllThatIsInIt) {
  Disk disk(1);
  remove_tree(disk, "/none");
  disk.write_file("/tree/a/b/c", "");
  disk.write_file("/tree/d", "");
  disk.write_file("/file", "");
  remove_tree(disk, "/tree");
  remove_tree(disk, "/file");
  EXPECT_FALSE(disk.exists("/tree"));
  EXPECT_FALSE(disk.exists("/file"));
}

}  // namespace
}  // namespace weir::sim
