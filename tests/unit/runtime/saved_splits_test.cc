#include "weir/runtime/saved_splits.h"

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/core/error.h"

namespace weir::runtime {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A source "lines" of two subtasks, with split a in the first, b and c in the second.
struct SavedSplitsTest : testing::Test {
  SavedSplitsTest() {
    manifest.checkpoint = CheckpointId(9);
    manifest.operators = {subtask(0, {"a"}), subtask(1, {"b", "c"})};
  }

  static OperatorSnapshot subtask(std::uint32_t index, const std::vector<std::string>& ids) {
    OperatorSnapshot snapshot;
    snapshot.name = "lines";
    snapshot.subtask = SubtaskIndex(index);
    snapshot.parallelism = 2;
    snapshot.all_splits = true;
    for (const std::string& id : ids) snapshot.splits.push_back({{id, "at " + id}, {}});
    return snapshot;
  }

  SavedSplits saved() const { return {std::make_shared<checkpoint::Manifest>(manifest), "lines", 2}; }

  std::string refusal() const {
    try {
      saved();
    } catch (const CorruptionError& error) {
      return error.what();
    }
    return "";
  }

  checkpoint::Manifest manifest;
};

TEST_F(SavedSplitsTest, AreGivenToTheSubtaskThatHadThem) {
  const SavedSplits splits = saved();
  EXPECT_TRUE(splits.found());
  EXPECT_THAT(splits.ids(), ElementsAre("a", "b", "c"));
  ASSERT_EQ(splits.of(0).size(), 1U);
  EXPECT_EQ(splits.of(0)[0].split, (Split{"a", "at a"}));
  ASSERT_EQ(splits.of(1).size(), 2U);
  EXPECT_EQ(splits.of(1)[1].split, (Split{"c", "at c"}));
}

TEST_F(SavedSplitsTest, AreCompleteWhenEverySubtaskKnewThatNoneFollows) {
  EXPECT_TRUE(saved().complete());
  for (const std::size_t one : {0U, 1U}) {
    manifest.operators[one].all_splits = false;
    EXPECT_FALSE(saved().complete());
    manifest.operators[one].all_splits = true;
  }
}

TEST_F(SavedSplitsTest, AreNoneWithoutACheckpoint) {
  const SavedSplits none(nullptr, "lines", 2);
  EXPECT_FALSE(none.found());
  EXPECT_FALSE(none.complete());
  EXPECT_THAT(none.of(1), IsEmpty());
  EXPECT_THAT(none.ids(), IsEmpty());
}

TEST_F(SavedSplitsTest, AreFoundAlsoWhereTheSourceHadNoneYet) {
  manifest.operators = {subtask(0, {}), subtask(1, {})};
  EXPECT_TRUE(saved().found());
  EXPECT_TRUE(saved().complete()) << "a bounded source without input";
}

TEST_F(SavedSplitsTest, RefuseACheckpointWithoutOneOfTheSubtasks) {
  manifest.operators.pop_back();
  EXPECT_THAT(refusal(), HasSubstr("checkpoint 9 says nothing of subtask 1 of 'lines'"));
}

TEST_F(SavedSplitsTest, RefuseASplitThatTwoSubtasksHave) {
  manifest.operators[1] = subtask(1, {"b", "a"});
  EXPECT_THAT(refusal(), HasSubstr("checkpoint 9 gives split 'a' of source 'lines' to two subtasks"));
}

}  // namespace
}  // namespace weir::runtime
