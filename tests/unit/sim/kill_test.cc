#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/core/error.h"
#include "weir/sim/world.h"

#include "busy_program.h"

namespace weir::sim {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

struct Steps : Steppable {
  explicit Steps(std::function<StepResult()> of_each) : each(std::move(of_each)) {}
  StepResult step() override { return each(); }
  std::function<StepResult()> each;
};

void run_all(World& world) {
  while (world.run_one()) {
  }
}

/// The crash point that kills, or "" when the world runs out of events.
std::string killed_at(World& world) {
  try {
    run_all(world);
  } catch (const Killed& killed) {
    return killed.point;
  }
  return "";
}

TEST(CrashPoint, DoesNothingUnlessArmedAndCountsItsHits) {
  World world(1);
  world.post([&] {
    world.crash_point("a");
    world.crash_point("b");
    world.crash_point("a");
  });
  EXPECT_EQ(killed_at(world), "");
  EXPECT_EQ(world.crash_points_hit().at("a"), 2u);
  EXPECT_EQ(world.crash_points_hit().at("b"), 1u);
}

TEST(CrashPoint, KillsAtItsNthHitFromTheArmingOn) {
  World world(1);
  int survived = 0;
  world.crash_point("a");
  world.arm("a", 3);
  for (int i = 0; i < 5; ++i)
    world.post([&] {
      world.crash_point("a");
      ++survived;
    });
  EXPECT_EQ(killed_at(world), "a");
  EXPECT_EQ(survived, 2);
  EXPECT_EQ(world.crash_points_hit().at("a"), 4u);
}

TEST(CrashPoint, KillsBeforeWhatFollowsOrAfterTheCallbackHasEnded) {
  for (const Side side : {Side::kBefore, Side::kAfter}) {
    World world(1);
    world.arm("a", 1, side);
    bool followed = false;
    bool next = false;
    world.post([&] {
      world.post([&] { next = true; });
      world.crash_point("a");
      followed = true;
    });
    EXPECT_EQ(killed_at(world), "a");
    EXPECT_EQ(followed, side == Side::kAfter);
    world.kill_process();
    world.start_process();
    EXPECT_EQ(killed_at(world), "");
    EXPECT_FALSE(next);
  }
}

TEST(CrashPoint, KillsInBlockingWorkWithoutHandingItToItsDone) {
  for (const Side side : {Side::kBefore, Side::kAfter}) {
    World world(1);
    world.arm("in work", 1, side);
    bool done = false;
    world.blocking([&] { world.crash_point("in work"); }, [&](const std::exception_ptr&) { done = true; });
    EXPECT_EQ(killed_at(world), "in work");
    world.kill_process();
    run_all(world);
    EXPECT_FALSE(done);
  }
}

TEST(CrashPoint, KillsALoopInItsStep) {
  World world(1);
  world.arm("in step");
  int steps = 0;
  Steps dies([&] {
    ++steps;
    world.crash_point("in step");
    return StepResult::kMore;
  });
  auto loop = world.start_loop(dies, "dies");
  EXPECT_EQ(killed_at(world), "in step");
  world.kill_process();
  loop->wake();
  loop.reset();
  world.start_process();
  run_all(world);
  EXPECT_EQ(steps, 1);
}

TEST(Killed, IsNotTakenForAnError) {
  World world(1);
  world.arm("a");
  world.post([&] {
    try {
      world.crash_point("a");
    } catch (const std::exception&) {
      world.print(StandardStream::kOut, "handled");
    }
  });
  EXPECT_EQ(killed_at(world), "a");
  EXPECT_EQ(world.out(), "");
}

TEST(Killed, CannotBeSurvivedByCatchingEverything) {
  World world(1);
  world.arm("a");
  world.post([&] {
    try {
      world.crash_point("a");
    } catch (...) {
      world.print(StandardStream::kOut, "I live");
    }
  });
  world.post([&] { world.print(StandardStream::kOut, "still"); });
  EXPECT_THROW(world.run_one(), Killed);
  EXPECT_THROW(world.run_one(), Killed);
  EXPECT_EQ(world.events(), 1u);
  EXPECT_EQ(world.out(), "");
}

TEST(Killed, LeavesNoEffectOfDestructorsThatRunWhileTheStackUnwinds) {
  World world(1);
  world.disk().write_file("/precious", "x");
  struct Cleanup {
    World& world;
    ~Cleanup() {
      world.files().remove("/precious");
      world.files().create("/litter");
      world.print(StandardStream::kOut, "cleaned up");
      world.post([this] { world.print(StandardStream::kOut, "posted"); });
      world.crash_point("in destructor");
    }
  };
  world.arm("a");
  world.post([&] {
    const Cleanup cleanup{world};
    world.crash_point("a");
  });
  EXPECT_EQ(killed_at(world), "a");
  world.kill_process();
  run_all(world);
  EXPECT_EQ(world.disk().list_recursive("/"), (std::vector<std::string>{"/precious"}));
  EXPECT_EQ(world.out(), "");
  EXPECT_FALSE(world.crash_points_hit().contains("in destructor"));
}

TEST(KillProcess, DropsEverythingThatWasPendingAndKeepsTheDisk) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    World world(seed);
    bool callback = false;
    const auto ran = [&] { callback = true; };
    Steps loops([&] {
      ran();
      return StepResult::kMore;
    });
    world.files().create("/written")->append("bytes");
    const auto loop = world.start_loop(loops, "loops");
    const auto timer = world.at(world.now() + 1ms, ran);
    world.post(ran);
    world.blocking(ran, [&](const std::exception_ptr&) { ran(); });
    world.network().connect({"nowhere", 1}, [&](std::unique_ptr<ByteStream>, const std::string&) { ran(); });
    const auto listener = world.network().listen({"localhost", 80}, [&](std::unique_ptr<ByteStream>) { ran(); });
    world.kill_process();
    run_all(world);
    EXPECT_FALSE(callback);
    EXPECT_FALSE(world.process_alive());
    EXPECT_EQ(world.disk().read_file("/written"), "bytes");
    world.start_process();
    run_all(world);
    EXPECT_FALSE(callback);
    // The port is free again although the dead process's listener was not destroyed.
    const auto next = world.network().listen({"localhost", 80}, [](std::unique_ptr<ByteStream>) {});
    EXPECT_EQ(next->address().port, 80);
  }
}

TEST(KillProcess, LeavesANewProcessAloneWhenTheOldOnesHandlesGo) {
  World world(1, Pace{});
  int old_steps = 0;
  int new_steps = 0;
  Steps old_work([&] {
    ++old_steps;
    return StepResult::kIdle;
  });
  Steps new_work([&] {
    ++new_steps;
    return StepResult::kIdle;
  });
  auto old_loop = world.start_loop(old_work, "old");
  auto old_timer = world.at(world.now() + 1s, [] {});
  auto old_listener = world.network().listen({"localhost", 80}, [](std::unique_ptr<ByteStream>) {});
  auto old_file = world.files().create("/file");
  old_file->append("old");
  world.kill_process();
  world.start_process();

  bool fired = false;
  const auto new_loop = world.start_loop(new_work, "new");
  const auto new_timer = world.at(world.now() + 1s, [&] { fired = true; });
  const auto new_listener = world.network().listen({"localhost", 80}, [](std::unique_ptr<ByteStream>) {});
  old_file->append(" and dead");
  old_file.reset();
  old_loop->wake();
  old_loop.reset();
  old_timer.reset();
  old_listener.reset();
  bool connected = false;
  std::unique_ptr<ByteStream> stream;
  world.network().connect({"localhost", 80}, [&](std::unique_ptr<ByteStream> made, const std::string&) {
    connected = made != nullptr;
    stream = std::move(made);
  });
  run_all(world);
  EXPECT_EQ(old_steps, 0);
  EXPECT_EQ(new_steps, 1);
  EXPECT_TRUE(fired);
  EXPECT_TRUE(connected);
  EXPECT_EQ(world.disk().read_file("/file"), "old");
}

TEST(KillProcess, CanHappenFromTheOutsideAtAnyTime) {
  World world(1);
  int ticks = 0;
  std::unique_ptr<Timer> timer;
  const std::function<void()> tick = [&] {
    ++ticks;
    timer = world.at(world.now() + 1s, tick);
  };
  tick();
  world.after(10500ms, [&] { world.kill_process(); });
  run_all(world);
  EXPECT_EQ(ticks, 11);
}

TEST(KillProcess, LetsABusyProgramDieAtEveryEventAndStartAgain) {
  World world(9);
  for (std::uint64_t events = 1; events < 200; events += 3) {
    auto program = std::make_unique<BusyProgram>(world);
    for (std::uint64_t i = 0; i < events; ++i) world.run_one();
    const std::size_t length = program->log().size();
    world.kill_process();
    run_all(world);
    EXPECT_EQ(program->log().size(), length);
    program.reset();
    world.lose_power();
    for (const std::string& path : world.disk().list_recursive("/")) world.disk().erase(path);
    EXPECT_EQ(world.disk().open_files(), 0u);
    world.start_process();
    world.net().drop_all();
  }
}

TEST(KillProcess, SaysSoWhenNoNewProcessWasStarted) {
  World world(1);
  world.kill_process();
  world.post([] {});
  try {
    world.run_until([] { return false; });
    FAIL() << "a dead process went on";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("start_process() was not called"));
  }
}

TEST(LosePower, KillsAndLosesWhatWasNotSynced) {
  bool lost = false;
  bool kept = false;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    World world(seed);
    auto file = world.files().create("/file");
    file->append("bytes");
    file->sync();
    world.lose_power();
    (world.disk().list_recursive("/").empty() ? lost : kept) = true;
  }
  EXPECT_TRUE(lost);
  EXPECT_TRUE(kept);
}

}  // namespace
}  // namespace weir::sim
