#include "weir/sim/world.h"

#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/core/error.h"

namespace weir::sim {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// A loop's work as a function.
struct Steps : Steppable {
  explicit Steps(std::function<StepResult()> of_each) : each(std::move(of_each)) {}
  StepResult step() override { return each(); }
  std::function<StepResult()> each;
};

void run_all(World& world) {
  while (world.run_one()) {
  }
}

std::string error_of(const std::function<void()>& what) {
  try {
    what();
  } catch (const Error& error) {
    EXPECT_EQ(error.domain(), Domain::kInternal);
    return error.what();
  }
  return "no error";
}

TEST(World, RunsPostedWorkInTheOrderOfPostingWhateverTheSeed) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    World world(seed);
    std::vector<int> order;
    Steps noise([&] { return order.size() < 2000 ? StepResult::kMore : StepResult::kDone; });
    const auto loop = world.start_loop(noise, "noise");
    for (int i = 0; i < 1500; ++i) world.post([&, i] { order.push_back(i); });
    world.post([&] {
      for (int i = 1500; i < 2000; ++i) world.post([&, i] { order.push_back(i); });
    });
    run_all(world);
    ASSERT_EQ(order.size(), 2000u);
    EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  }
}

TEST(World, InterleavesLoopsAndPostedWorkDifferentlyForDifferentSeeds) {
  std::set<std::string> orders;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    World world(seed);
    std::string order;
    Steps a([&] { return (order += 'a').size() < 20 ? StepResult::kMore : StepResult::kDone; });
    Steps b([&] { return (order += 'b').size() < 20 ? StepResult::kMore : StepResult::kDone; });
    const auto loop_a = world.start_loop(a, "a");
    const auto loop_b = world.start_loop(b, "b");
    for (int i = 0; i < 5; ++i) world.post([&] { order += 'p'; });
    run_all(world);
    orders.insert(order);
  }
  EXPECT_GT(orders.size(), 45u);
}

TEST(World, FiresTimersNotBeforeTheirTimeAndInTheirOrder) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    World world(seed);
    const MonotonicTime start = world.now();
    std::vector<int> fired;
    std::vector<std::unique_ptr<Timer>> timers;
    for (const int ms : {30, 10, 20}) {
      timers.push_back(world.at(start + std::chrono::milliseconds(ms), [&, ms] {
        EXPECT_GE(world.now(), start + std::chrono::milliseconds(ms));
        EXPECT_LT(world.now(), start + std::chrono::milliseconds(ms + 1));
        fired.push_back(ms);
      }));
    }
    run_all(world);
    EXPECT_EQ(fired, (std::vector{10, 20, 30}));
  }
}

TEST(World, OrdersTimersOfTheSameTimeByTheSeed) {
  std::set<std::string> orders;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    World world(seed);
    std::string order;
    const MonotonicTime when = world.now() + 1ms;
    const auto a = world.at(when, [&] { order += 'a'; });
    const auto b = world.at(when, [&] { order += 'b'; });
    const auto c = world.at(when, [&] { order += 'c'; });
    run_all(world);
    orders.insert(order);
  }
  EXPECT_EQ(orders.size(), 6u);
}

TEST(World, NeverFiresATimerThatWasDestroyed) {
  World world(1);
  bool fired = false;
  auto timer = world.at(world.now() + 1s, [&] { fired = true; });
  const MonotonicTime before = world.now();
  timer.reset();
  EXPECT_FALSE(world.run_one());
  EXPECT_FALSE(fired);
  EXPECT_EQ(world.now(), before);
}

TEST(World, LetsATimerDestroyItselfInItsCallback) {
  World world(1);
  std::unique_ptr<Timer> timer;
  int fired = 0;
  timer = world.at(world.now() + 1s, [&] {
    timer.reset();
    ++fired;
  });
  run_all(world);
  EXPECT_EQ(fired, 1);
}

TEST(World, ForgetsCancelledTimersThoughTheirTimeIsFar) {
  World world(1);
  std::unique_ptr<Timer> timer;
  int fired = 0;
  for (int i = 0; i < 100000; ++i) timer = world.at(world.now() + 1h, [&] { ++fired; });
  run_all(world);
  EXPECT_EQ(fired, 1);
}

TEST(World, JumpsToTheNextEventWhenNothingIsReady) {
  World world(1);
  const auto timer = world.at(world.now() + 8760h, [] {});
  EXPECT_TRUE(world.run_one());
  EXPECT_EQ(world.events(), 1u);
  EXPECT_FALSE(world.run_one());
}

TEST(World, StepsALoopWhenItStartsAndThenOnlyWhenWoken) {
  Pace pace;  // no spurious steps
  World world(1, pace);
  int steps = 0;
  Steps idle([&] {
    ++steps;
    return StepResult::kIdle;
  });
  const auto loop = world.start_loop(idle, "idle");
  run_all(world);
  EXPECT_EQ(steps, 1);
  loop->wake();
  loop->wake();
  run_all(world);
  EXPECT_EQ(steps, 2);
}

TEST(World, StepsALoopAgainThatWasWokenDuringItsStep) {
  World world(1, Pace{});
  int steps = 0;
  std::unique_ptr<Loop> loop;
  Steps self_waking([&] {
    if (++steps < 3) loop->wake();
    return StepResult::kIdle;
  });
  loop = world.start_loop(self_waking, "self");
  run_all(world);
  EXPECT_EQ(steps, 3);
}

TEST(World, NeverStepsALoopThatIsDoneOrStopped) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    World world(seed);
    int done_steps = 0;
    int stopped_steps = 0;
    Steps done([&] {
      ++done_steps;
      return StepResult::kDone;
    });
    Steps stopped([&] {
      ++stopped_steps;
      return StepResult::kMore;
    });
    const auto done_loop = world.start_loop(done, "done");
    const auto stopped_loop = world.start_loop(stopped, "stopped");
    stopped_loop->stop();
    stopped_loop->stop();
    stopped_loop->wake();
    for (int i = 0; i < 100; ++i) {
      world.post([&] { done_loop->wake(); });
      run_all(world);
    }
    EXPECT_EQ(done_steps, 1);
    EXPECT_EQ(stopped_steps, 0);
  }
}

TEST(World, StepsIdleLoopsWithoutNeedInSomeWorldsOnly) {
  int worlds_with = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    World world(seed);
    int steps = 0;
    Steps idle([&] {
      ++steps;
      return StepResult::kIdle;
    });
    const auto loop = world.start_loop(idle, "idle");
    for (int i = 0; i < 500; ++i) world.post([] {});
    run_all(world);
    if (steps > 1) ++worlds_with;
  }
  EXPECT_GT(worlds_with, 25);
  EXPECT_LT(worlds_with, 75);
}

TEST(World, LetsTimePassWithEveryStep) {
  World world(5, Pace{});
  int steps = 0;
  Steps busy([&] { return ++steps < 1000 ? StepResult::kMore : StepResult::kDone; });
  const MonotonicTime start = world.now();
  const auto loop = world.start_loop(busy, "busy");
  run_all(world);
  EXPECT_GE(world.now() - start, 1ms);
  EXPECT_LE(world.now() - start, 20ms);
}

TEST(World, LetsTimePassForAProgramThatWaitsForTheClock) {
  World world(5);
  const MonotonicTime until = world.monotonic_now() + 100us;
  int reads = 0;
  while (world.monotonic_now() < until) ++reads;
  EXPECT_GT(reads, 10);
}

TEST(World, RunsBlockingWorkLaterAndItsDoneAfterIt) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    World world(seed);
    std::string order;
    world.blocking([&] { order += "work "; },
                   [&](const std::exception_ptr& error) {
                     EXPECT_EQ(error, nullptr);
                     order += "done ";
                   });
    EXPECT_EQ(order, "");
    run_all(world);
    EXPECT_EQ(order, "work done ");
  }
}

TEST(World, CompletesBlockingWorkInAnyOrder) {
  std::set<std::string> orders;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    World world(seed);
    std::string order;
    for (const char name : {'a', 'b', 'c'})
      world.blocking([] {}, [&, name](const std::exception_ptr&) { order += name; });
    run_all(world);
    orders.insert(order);
  }
  EXPECT_EQ(orders.size(), 6u);
}

TEST(World, HandsWhatBlockingWorkThrewToItsDone) {
  World world(1);
  std::string message;
  world.blocking([] { throw ExternalError("the disk is gone"); },
                 [&](const std::exception_ptr& error) {
                   try {
                     std::rethrow_exception(error);
                   } catch (const ExternalError& thrown) {
                     message = thrown.what();
                   }
                 });
  run_all(world);
  EXPECT_EQ(message, "the disk is gone");
}

TEST(World, CapturesWhatIsPrinted) {
  World world(1);
  world.print(StandardStream::kOut, "one\n");
  world.print(StandardStream::kError, "two\n");
  world.print(StandardStream::kOut, "three\n");
  EXPECT_EQ(world.out(), "one\nthree\n");
  EXPECT_EQ(world.err(), "two\n");
}

TEST(World, IsStuckWhenALoopWasNotWoken) {
  World world(4711, Pace{});
  bool finished = false;
  Steps waits([&] { return finished ? StepResult::kDone : StepResult::kIdle; });
  const auto loop = world.start_loop(waits, "forgotten");
  const auto timer = world.at(world.now() + 1s, [&] { finished = true; });  // and does not wake the loop
  bool done = false;
  const std::string message = error_of([&] { world.run_until([&] { return done; }); });
  EXPECT_THAT(message, HasSubstr("seed 4711 is stuck"));
  EXPECT_THAT(message, HasSubstr("forgotten (idle)"));
}

TEST(World, GivesUpAfterItsLimitOfEventsAndNamesTheSeed) {
  World world(12);
  Steps forever([] { return StepResult::kMore; });
  const auto loop = world.start_loop(forever, "forever");
  const std::string message = error_of([&] { world.run_until([] { return false; }, {.events = 1000}); });
  EXPECT_THAT(message, HasSubstr("seed 12 passed its limit of events, after 1000 events"));
}

TEST(World, GivesUpBeforeAnEventThatLiesBeyondItsLimitOfVirtualTime) {
  World world(13);
  const MonotonicTime start = world.now();
  std::unique_ptr<Timer> timer;
  const std::function<void()> again = [&] { timer = world.at(world.now() + 1s, again); };
  again();
  const std::string message = error_of([&] { world.run_until([] { return false; }, {.time = 60s}); });
  EXPECT_THAT(message, HasSubstr("seed 13 passed its limit of virtual time"));
  EXPECT_LT(world.now(), start + 60s + 1ms);
  EXPECT_GE(world.now(), start + 58s);
}

TEST(World, RunsForATimeAndLetsItPass) {
  World world(1);
  const MonotonicTime start = world.now();
  int fired = 0;
  const auto early = world.at(start + 1s, [&] { ++fired; });
  const auto late = world.at(start + 3s, [&] { ++fired; });
  world.run_for(2s);
  EXPECT_EQ(fired, 1);
  EXPECT_EQ(world.now(), start + 2s);
}

TEST(World, PassesOnWhatAnEventThrows) {
  World world(1);
  world.post([] { throw std::runtime_error("posted work failed"); });
  world.post([&] { world.print(StandardStream::kOut, "next"); });
  EXPECT_THROW(world.run_one(), std::runtime_error);
  run_all(world);
  EXPECT_EQ(world.out(), "next");
}

TEST(World, HasAWallClockThatJumpsAndFreezesWhileTheOtherGoesOn) {
  World world(1);
  world.set_wall(timestamp_ms(1'000'000));
  EXPECT_EQ(world.wall_now(), timestamp_ms(1'000'000));
  world.pass(5s);
  EXPECT_EQ(world.wall_now(), timestamp_ms(1'005'000));
  const MonotonicTime before = world.now();
  world.jump_wall(1h);
  EXPECT_EQ(world.wall_now(), timestamp_ms(4'605'000));
  world.jump_wall(-2h);
  EXPECT_EQ(world.wall_now(), timestamp_ms(-2'595'000));
  EXPECT_LT(world.now() - before, 1ms);
  world.freeze_wall();
  world.pass(1min);
  EXPECT_EQ(world.wall_now(), timestamp_ms(-2'595'000));
  world.thaw_wall();
  world.pass(1s);
  EXPECT_EQ(world.wall_now(), timestamp_ms(-2'594'000));
}

TEST(World, GivesRandomNumbersOfItsSeed) {
  World one(1);
  World same(1);
  World other(2);
  const std::uint64_t number = one.random();
  EXPECT_EQ(number, same.random());
  EXPECT_NE(number, other.random());
  EXPECT_NE(number, one.random());
}

TEST(World, CountsFileCallsWhereNothingMayBlock) {
  World world(1);
  world.disk().write_file("/a", "x");
  world.blocking([&] { world.files().open_for_read("/a"); }, [](const std::exception_ptr&) {});
  world.files().exists("/a");
  run_all(world);
  EXPECT_EQ(world.misplaced_file_calls(), 0u);
  world.post([&] { world.files().exists("/a"); });
  Steps steps([&] {
    world.files().exists("/a");
    return StepResult::kDone;
  });
  const auto loop = world.start_loop(steps, "opens");
  run_all(world);
  EXPECT_EQ(world.misplaced_file_calls(), 2u);
}

TEST(World, ASlowDiskDelaysTheDoneOfBlockingWork) {
  World world(1);
  world.disk().write_file("/a", "x");
  world.disk().inject({.kind = DiskFault::Kind::kSlow, .latency = 3s});
  const MonotonicTime start = world.now();
  bool done = false;
  world.blocking([&] { world.files().open_for_read("/a"); }, [&](const std::exception_ptr&) { done = true; });
  world.run_for(2s);
  EXPECT_FALSE(done);
  world.run_until([&] { return done; });
  EXPECT_GE(world.now() - start, 3s);
}

TEST(WorldDeathTest, DiesLoudlyWhenALoopStopsItself) {
  World world(1);
  std::unique_ptr<Loop> loop;
  Steps stops([&] {
    loop->stop();
    return StepResult::kIdle;
  });
  loop = world.start_loop(stops, "suicidal");
  EXPECT_DEATH(run_all(world), "from within its own step: suicidal");
}

TEST(WorldDeathTest, DiesLoudlyWhenATimerOutlivesIt) {
  EXPECT_DEATH(
      {
        std::unique_ptr<Timer> timer;
        World world(1);
        timer = world.at(world.now(), [] {});
      },
      "outlive their world");
}

}  // namespace
}  // namespace weir::sim
