#include "weir/runtime/ready_set.h"

#include <vector>

#include <gtest/gtest.h>

namespace weir::runtime {
namespace {

class CountingLoop final : public Loop {
 public:
  void wake() override { ++woken; }
  void stop() override {}
  int woken = 0;
};

std::vector<std::size_t> taken(ReadySet& ready) {
  std::vector<std::size_t> tasks;
  ready.take([&](std::size_t task) { tasks.push_back(task); });
  return tasks;
}

TEST(ReadySet, GivesEveryTaskThatWasSetOnce) {
  ReadySet ready(130);
  for (const std::size_t task : {129, 0, 64, 63, 64}) ready.set(task);
  EXPECT_EQ(taken(ready), (std::vector<std::size_t>{0, 63, 64, 129}));
  EXPECT_TRUE(taken(ready).empty());
}

TEST(ReadySet, KeepsATaskThatIsSetWhileItRuns) {
  ReadySet ready(2);
  ready.set(1);
  EXPECT_EQ(ready.take([&](std::size_t task) { ready.set(task); }), 1U);
  EXPECT_EQ(taken(ready), std::vector<std::size_t>{1});
}

TEST(ReadySet, WakesTheLoopOnceForATaskThatIsSetAlready) {
  ReadySet ready(2);
  CountingLoop loop;
  ready.set_loop(&loop);
  ready.set(0);
  ready.set(0);
  EXPECT_EQ(loop.woken, 1);
  ready.set(1);
  EXPECT_EQ(loop.woken, 2);
  taken(ready);
  ready.set(0);
  EXPECT_EQ(loop.woken, 3);
}

}  // namespace
}  // namespace weir::runtime
