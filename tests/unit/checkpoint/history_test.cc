#include "weir/checkpoint/history.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::checkpoint {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

CheckpointName name(std::uint64_t generation, std::uint64_t checkpoint) {
  return {GenerationId(generation), CheckpointId(checkpoint)};
}

class LogText {
 public:
  LogText& born() { return add(Born{"orders"}); }
  LogText& takeover() { return add(Takeover{"here:1", std::nullopt}); }
  LogText& takeover(CheckpointName restores) { return add(Takeover{"here:1", restores}); }
  LogText& completed(CheckpointName checkpoint) { return add(Completed{checkpoint, {}, 0, {}}); }
  LogText& finished() { return add(Finished{}); }
  LogText& skip(std::uint64_t entries) {
    index_ += entries;
    return *this;
  }

  History read() const { return read_history(entries_); }

 private:
  LogText& add(decltype(LogEntry::what) what) {
    entries_.push_back({index_++, {}, WriterId(1), std::move(what)});
    return *this;
  }

  std::vector<LogEntry> entries_;
  std::uint64_t index_ = 0;
};

std::vector<CheckpointName> completed(const History& history) {
  std::vector<CheckpointName> names;
  for (const History::CompletedAt& at : history.completed) names.push_back(at.completed.checkpoint);
  return names;
}

TEST(History, ListsCompletedCheckpointsOldestFirst) {
  const History history = LogText().born().takeover().completed(name(1, 1)).completed(name(1, 3)).read();
  EXPECT_THAT(completed(history), ElementsAre(name(1, 1), name(1, 3)));
  EXPECT_EQ(3u, history.completed.back().index);
  EXPECT_EQ(3u, history.highest_checkpoint);
  EXPECT_FALSE(history.finished);
  EXPECT_FALSE(history.lost);
}

TEST(History, GivesUpWhatATakeoverWentBackBehind) {
  const History history = LogText()
                              .takeover()
                              .completed(name(0, 1))
                              .completed(name(0, 2))
                              .takeover(name(0, 1))
                              .completed(name(3, 5))
                              .read();
  EXPECT_THAT(completed(history), ElementsAre(name(0, 1), name(3, 5)));
  EXPECT_FALSE(history.lost);
}

TEST(History, KeepsAllWhenATakeoverWentOnFromTheNewest) {
  const History history = LogText().takeover().completed(name(0, 1)).completed(name(0, 2)).takeover(name(0, 2)).read();
  EXPECT_THAT(completed(history), ElementsAre(name(0, 1), name(0, 2)));
}

TEST(History, TellsWhenTheCheckpointThatATakeoverNamesIsGone) {
  const History history = LogText().skip(4).completed(name(0, 1)).takeover(name(0, 2)).read();
  EXPECT_THAT(completed(history), IsEmpty());
  EXPECT_EQ(name(0, 2), history.lost);
}

TEST(History, ForgetsTheLossWhenALaterCheckpointIsThere) {
  const History history = LogText().skip(4).takeover(name(0, 2)).completed(name(4, 3)).read();
  EXPECT_THAT(completed(history), ElementsAre(name(4, 3)));
  EXPECT_FALSE(history.lost);
}

TEST(History, TellsThatTheJobHasFinished) {
  EXPECT_TRUE(LogText().takeover().completed(name(0, 1)).finished().read().finished);
}

TEST(History, CountsIdsThatTakeoversNameAmongTheHighest) {
  EXPECT_EQ(7u, LogText().takeover(name(0, 7)).completed(name(0, 2)).read().highest_checkpoint);
}

}  // namespace
}  // namespace weir::checkpoint
