#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "weir/core/error.h"
#include "weir/runtime/saved_operator.h"
#include "weir/runtime/saved_splits.h"

namespace weir::runtime {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// A manifest in which subtask i of a source has splits[i].
std::shared_ptr<checkpoint::Manifest> manifest_with(const std::vector<std::vector<std::string>>& splits) {
  auto manifest = std::make_shared<checkpoint::Manifest>();
  manifest->checkpoint = CheckpointId(7);
  for (std::size_t i = 0; i < splits.size(); ++i) {
    OperatorSnapshot snapshot;
    snapshot.name = "lines";
    snapshot.subtask = SubtaskIndex(static_cast<std::uint32_t>(i));
    snapshot.parallelism = static_cast<std::uint32_t>(splits.size());
    snapshot.all_splits = true;
    for (const std::string& id : splits[i]) snapshot.splits.push_back({{id, "at " + id}, {}});
    manifest->operators.push_back(std::move(snapshot));
  }
  return manifest;
}

std::vector<std::string> ids_of(const SavedSplits& saved, std::uint32_t subtask) {
  std::vector<std::string> ids;
  for (const SavedSplit& split : saved.of(subtask)) ids.push_back(split.split.id);
  return ids;
}

TEST(RescaledSplits, StayWhereTheyAreWhileTheParallelismDoes) {
  const SavedSplits saved(manifest_with({{"a", "b", "c"}, {}}), "lines", 2);
  EXPECT_TRUE(saved.found());
  EXPECT_TRUE(saved.complete());
  EXPECT_THAT(ids_of(saved, 0), ElementsAre("a", "b", "c"));
  EXPECT_THAT(ids_of(saved, 1), ElementsAre());
}

TEST(RescaledSplits, AreDealtOutInTurnWhenItChanges) {
  const SavedSplits saved(manifest_with({{"a", "b", "c"}, {"d"}}), "lines", 3);
  EXPECT_THAT(ids_of(saved, 0), ElementsAre("a", "d"));
  EXPECT_THAT(ids_of(saved, 1), ElementsAre("b"));
  EXPECT_THAT(ids_of(saved, 2), ElementsAre("c"));
  EXPECT_EQ(saved.of(2)[0].split.position, "at c");
}

RC_GTEST_PROP(RescaledSplits, AreAllAssignedOnceAtWhateverParallelism, ()) {
  const auto before = *rc::gen::inRange<std::size_t>(1, 9);
  const auto now = *rc::gen::inRange<std::uint32_t>(1, 9);
  std::vector<std::vector<std::string>> splits(before);
  std::map<std::string, int> left;
  for (const std::size_t of : *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, before))) {
    const std::string id = fmt::format("split {}", left.size());
    splits[of].push_back(id);
    left[id] = 1;
  }
  const SavedSplits saved(manifest_with(splits), "lines", now);
  for (std::uint32_t subtask = 0; subtask < now; ++subtask)
    for (const std::string& id : ids_of(saved, subtask)) --left.at(id);
  for (const auto& [id, times] : left) RC_ASSERT(times == 0);
}

TEST(RescaledSplits, AreIncompleteIfOneSubtaskMayStillFindSome) {
  auto manifest = manifest_with({{"a"}, {"b"}});
  EXPECT_TRUE(SavedSplits(manifest, "lines", 1).complete());
  manifest->operators[1].all_splits = false;
  EXPECT_FALSE(SavedSplits(manifest, "lines", 1).complete());
  EXPECT_FALSE(SavedSplits(manifest, "lines", 3).complete());
}

std::string refusal(std::shared_ptr<const checkpoint::Manifest> manifest, std::uint32_t parallelism) {
  try {
    SavedSplits(std::move(manifest), "lines", parallelism);
  } catch (const CorruptionError& error) {
    return error.what();
  }
  return "";
}

TEST(RescaledSplits, RefuseACheckpointThatLacksASubtaskOrGivesASplitTwice) {
  for (const std::uint32_t parallelism : {1U, 3U}) {
    auto lacking = manifest_with({{"a"}, {"b"}});
    lacking->operators.erase(lacking->operators.begin());
    EXPECT_THAT(refusal(lacking, parallelism), HasSubstr("says nothing of subtask 0 of 'lines'"));
    EXPECT_THAT(refusal(manifest_with({{"a"}, {"a"}}), parallelism), HasSubstr("gives split 'a' of source 'lines'"));
    auto twice = manifest_with({{"a"}, {"b"}});
    twice->operators[1].subtask = SubtaskIndex(0);
    EXPECT_THAT(refusal(twice, parallelism), HasSubstr("has subtask 0 of 'lines' twice"));
  }
}

TEST(SavedOperator, OutlivesTheManifestItCameFrom) {
  std::shared_ptr<const checkpoint::Manifest> manifest = manifest_with({{"a"}, {"b"}});
  const std::weak_ptr<const checkpoint::Manifest> watched = manifest;
  const SavedOperator saved(std::exchange(manifest, nullptr), "lines", SubtaskIndex(1), 2);
  EXPECT_FALSE(watched.expired());
  EXPECT_EQ(saved.own().splits[0].split.id, "b");
  EXPECT_FALSE(saved.rescaled());
}

TEST(SavedOperator, IsFoundByItsName) {
  const auto manifest = manifest_with({{"a"}, {"b"}});
  EXPECT_FALSE(SavedOperator(manifest, "other", SubtaskIndex(0), 2).found());
  EXPECT_FALSE(SavedOperator(nullptr, "lines", SubtaskIndex(0), 2).found());
  EXPECT_TRUE(SavedOperator(manifest, "lines", SubtaskIndex(2), 3).rescaled());
}

}  // namespace
}  // namespace weir::runtime
