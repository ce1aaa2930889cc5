#include "weir/core/blocking_call.h"

#include <chrono>
#include <memory>
#include <optional>

#include <gtest/gtest.h>

#include "weir/core/error.h"
#include "weir/sim/world.h"

namespace weir::connectors {
namespace {

struct Caller {
  explicit Caller(sim::World& world) { call.open(world, Notifier(wake)); }

  int notified = 0;
  std::shared_ptr<const std::function<void()>> wake =
      std::make_shared<const std::function<void()>>([this] { ++notified; });
  BlockingCall call;
};

TEST(BlockingCall, RunsWorkElsewhereAndNotifiesTheTaskWhenItHasEnded) {
  sim::World world(1);
  Caller caller(world);
  auto result = std::make_shared<int>(0);
  EXPECT_TRUE(caller.call.ready());
  caller.call.start([result] { *result = 7; });
  EXPECT_TRUE(caller.call.under_way());
  EXPECT_FALSE(caller.call.ready());
  EXPECT_EQ(*result, 0);
  world.run_until([&] { return caller.notified == 1; });
  EXPECT_TRUE(caller.call.ended());
  EXPECT_TRUE(caller.call.under_way());
  EXPECT_TRUE(caller.call.ready());
  EXPECT_FALSE(caller.call.under_way());
  EXPECT_FALSE(caller.call.ended());
  EXPECT_EQ(*result, 7);
}

TEST(BlockingCall, ThrowsOnceWhatTheWorkThrew) {
  sim::World world(1);
  Caller caller(world);
  caller.call.start([] { throw ExternalError("the disk is gone"); });
  world.run_until([&] { return caller.notified == 1; });
  EXPECT_THROW(caller.call.ready(), ExternalError);
  EXPECT_TRUE(caller.call.ready());
}

TEST(BlockingCall, IsNotReadyForTheSecondPieceBecauseTheFirstHasEnded) {
  sim::World world(1);
  Caller caller(world);
  caller.call.start([] {});
  world.run_until([&] { return caller.notified == 1; });
  EXPECT_TRUE(caller.call.ready());
  caller.call.start([] {});
  EXPECT_FALSE(caller.call.ready());
  world.run_until([&] { return caller.notified == 2; });
  EXPECT_TRUE(caller.call.ready());
}

TEST(BlockingCall, MayGoAwayWhileWorkIsUnderWay) {
  sim::World world(1);
  std::optional<Caller> caller(std::in_place, world);
  auto result = std::make_shared<int>(0);
  caller->call.start([result] { *result = 7; });
  caller.reset();
  world.run_for(std::chrono::seconds(1));
  EXPECT_EQ(*result, 7) << "the work itself runs to its end";
  EXPECT_EQ(result.use_count(), 1);
}

}  // namespace
}  // namespace weir::connectors
