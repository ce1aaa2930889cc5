#include "weir/checkpoint/layout.h"

#include <string>

#include <gtest/gtest.h>

namespace weir::checkpoint {
namespace {

TEST(Layout, GivesEachJobADirectoryOfItsOwn) {
  const Layout layout("/root", "orders");
  EXPECT_EQ("/root/" + job_directory_name("orders"), layout.directory());
  EXPECT_EQ(32u, job_directory_name("orders").size());
  EXPECT_NE(job_directory_name("orders"), job_directory_name("orders2"));
}

// docs/formats/directory.md shows it.
TEST(Layout, NamesTheDirectoryOfAJobAsEver) {
  EXPECT_EQ("b47e5f278b024151d3047ab9cc789b9d", job_directory_name("orders"));
}

TEST(Layout, NamesFilesByWhoWroteThem) {
  EXPECT_EQ("chk/3.17/MANIFEST", Layout::manifest({GenerationId(3), CheckpointId(17)}));
  EXPECT_EQ("shared/3.2.17.5-1.9.sst",
            Layout::state_file({GenerationId(3), AttemptId(2), CheckpointId(17), NodeId(5), SubtaskIndex(1)}, 9));
  EXPECT_EQ("/d/local/3.2", Layout("/d").local(GenerationId(3), AttemptId(2)));
}

TEST(Layout, ReadsBackWhoseFilesAre) {
  EXPECT_EQ((CheckpointName{GenerationId(3), CheckpointId(17)}), parse_checkpoint_name("3.17"));
  EXPECT_EQ((CheckpointName{GenerationId(3), CheckpointId(17)}), parse_state_file_name("3.2.17.5-1.9.sst"));
}

TEST(Layout, TakesNothingElseForItsOwn) {
  for (const std::string name :
       {"", "3", "3.", ".17", "3.17.1", "03.17", "3.-1", "3.x", " 3.17", "3.99999999999999999999"})
    EXPECT_FALSE(parse_checkpoint_name(name)) << name;
  for (const std::string name :
       {"", "3.2.17.5-1.9", "3.2.17.5-1.9.sst.tmp", "3.2.17.5.9.sst", "3.2.17.5-1.sst", "3.2.17.-1.9.sst", "a.sst"})
    EXPECT_FALSE(parse_state_file_name(name)) << name;
  EXPECT_FALSE(parse_number("1 "));
  EXPECT_EQ(0u, parse_number("0"));
}

}  // namespace
}  // namespace weir::checkpoint
