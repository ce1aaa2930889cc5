#include "weir/host/real_host.h"

#include <atomic>
#include <future>
#include <set>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test_tools.h"

namespace weir::host {
namespace {

using namespace std::chrono_literals;

/// Whether the host's destruction has begun: it drops a post at once.
bool refuses_work(RealHost& host) {
  auto ran = std::make_shared<std::atomic<bool>>(false);
  host.post([ran] { *ran = true; });
  return ran.use_count() == 1 && !*ran;
}

TEST(RealHost, RunsPostedWorkInOrderOnOneOtherThread) {
  RealHost host;
  std::vector<int> order;
  std::set<std::thread::id> threads;
  std::promise<void> ran;
  for (int i = 0; i < 1000; ++i) {
    host.post([&, i] {
      order.push_back(i);
      threads.insert(std::this_thread::get_id());
      if (i == 999) ran.set_value();
    });
  }
  await(ran.get_future());
  ASSERT_EQ(order.size(), 1000U);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  EXPECT_EQ(threads.size(), 1U);
  EXPECT_FALSE(threads.contains(std::this_thread::get_id()));
}

TEST(RealHost, RunsWorkThatTheControlLoopPostsBeforeWhatOthersPostLater) {
  RealHost host;
  std::vector<int> order;
  std::promise<void> first_posted;
  std::promise<void> second_posted;
  std::promise<void> ran;
  host.post([&] {
    host.post([&] { order.push_back(1); });
    first_posted.set_value();
    await(second_posted.get_future());
  });
  await(first_posted.get_future());
  host.post([&] {
    order.push_back(2);
    ran.set_value();
  });
  second_posted.set_value();
  await(ran.get_future());
  EXPECT_THAT(order, testing::ElementsAre(1, 2));
}

TEST(RealHost, RunsTimersInTheOrderOfTheirDeadlinesAndNeverEarly) {
  RealHost host;
  std::vector<int> order;
  std::vector<std::unique_ptr<Timer>> timers;
  std::promise<void> ran;
  std::atomic<bool> early{false};
  const MonotonicTime start = host.monotonic_now();
  for (const int ms : {9, 3, 6, -5, 12}) {
    const MonotonicTime when = start + std::chrono::milliseconds(ms);
    timers.push_back(host.at(when, [&, ms, when] {
      if (host.monotonic_now() < when) early = true;
      order.push_back(ms);
      if (ms == 12) ran.set_value();
    }));
  }
  await(ran.get_future());
  EXPECT_THAT(order, testing::ElementsAre(-5, 3, 6, 9, 12));
  EXPECT_FALSE(early);
}

TEST(RealHost, NeverRunsATimerThatWasDestroyedOnTheControlLoop) {
  RealHost host;
  bool fired = false;
  std::promise<void> later;
  std::unique_ptr<Timer> cancelled;
  std::unique_ptr<Timer> last;
  const MonotonicTime when = host.monotonic_now() + 5ms;
  host.post([&] {
    cancelled = host.at(when, [&] { fired = true; });
    last = host.at(when + 1ms, [&] { later.set_value(); });
    // Past its deadline it is due, and still must not run.
    while (host.monotonic_now() < when) std::this_thread::yield();
    cancelled.reset();
  });
  await(later.get_future());
  EXPECT_FALSE(fired);
}

TEST(RealHost, ReleasesWhatACancelledTimerHolds) {
  RealHost host;
  auto held = std::make_shared<int>(1);
  auto timer = host.at(host.monotonic_now() + 1h, [held] {});
  EXPECT_EQ(held.use_count(), 2);
  timer.reset();
  EXPECT_EQ(held.use_count(), 1);
}

TEST(RealHost, LetsATimerDestroyItselfInItsCallback) {
  RealHost host;
  std::unique_ptr<Timer> timer;
  std::promise<void> ran;
  host.post([&] {
    timer = host.at(host.monotonic_now(), [&] {
      timer.reset();
      ran.set_value();
    });
  });
  await(ran.get_future());
}

TEST(RealHost, DoesBlockingWorkElsewhereAndReportsOnTheControlLoop) {
  RealHost host;
  std::promise<std::thread::id> control;
  host.post([&] { control.set_value(std::this_thread::get_id()); });
  std::thread::id worked;
  std::promise<std::pair<std::thread::id, bool>> done;
  host.blocking([&] { worked = std::this_thread::get_id(); },
                [&](std::exception_ptr error) { done.set_value({std::this_thread::get_id(), error == nullptr}); });
  const auto [reported, good] = await(done.get_future());
  EXPECT_TRUE(good);
  EXPECT_EQ(reported, await(control.get_future()));
  EXPECT_NE(worked, reported);
}

TEST(RealHost, HandsOnWhatBlockingWorkThrows) {
  RealHost host;
  std::promise<std::string> done;
  host.blocking([] { throw ExternalError("the disk is gone"); },
                [&](std::exception_ptr error) {
                  try {
                    std::rethrow_exception(error);
                  } catch (const ExternalError& thrown) {
                    done.set_value(thrown.what());
                  }
                });
  EXPECT_EQ(await(done.get_future()), "the disk is gone");
}

TEST(RealHost, RunsAsMuchBlockingWorkAtOnceAsItHasHelpers) {
  RealHost host({.helper_threads = 3});
  std::array<std::promise<void>, 3> begun;
  std::promise<void> all_begun;
  auto proceed = all_begun.get_future().share();
  std::atomic<int> left{3};
  std::promise<void> done;
  for (auto& one : begun) {
    host.blocking(
        [&one, proceed] {
          one.set_value();
          proceed.wait();
        },
        [&](std::exception_ptr) {
          if (--left == 0) done.set_value();
        });
  }
  for (auto& one : begun) await(one.get_future());
  all_begun.set_value();
  await(done.get_future());
}

TEST(RealHost, WaitsForTheBlockingWorkUnderWayAndDropsWhatWouldFollow) {
  auto host = std::make_unique<RealHost>(RealHostOptions{.helper_threads = 1});
  std::atomic<bool> finished{false};
  std::atomic<bool> second_began{false};
  std::atomic<int> dones{0};
  std::promise<void> begun;
  host->blocking(
      [&, &running = *host] {
        begun.set_value();
        while (!refuses_work(running)) std::this_thread::yield();
        finished = true;
      },
      [&](std::exception_ptr) { ++dones; });
  host->blocking([&] { second_began = true; }, [&](std::exception_ptr) { ++dones; });
  await(begun.get_future());
  host.reset();
  EXPECT_TRUE(finished);
  EXPECT_FALSE(second_began);
  EXPECT_EQ(dones, 0);
}

TEST(RealHost, FinishesTheCallbackThatRunsAndDropsThoseThatWait) {
  auto host = std::make_unique<RealHost>();
  auto held = std::make_shared<int>(1);
  std::atomic<bool> finished{false};
  std::atomic<bool> late{false};
  std::promise<void> begun;
  host->post([&, &running = *host] {
    begun.set_value();
    while (!refuses_work(running)) std::this_thread::yield();
    finished = true;
  });
  host->post([&late, held] { late = true; });
  await(begun.get_future());
  host.reset();
  EXPECT_TRUE(finished);
  EXPECT_FALSE(late);
  EXPECT_EQ(held.use_count(), 1);
}

TEST(RealHost, GivesDifferentRandomNumbers) {
  RealHost host;
  std::set<std::uint64_t> numbers;
  for (int i = 0; i < 100; ++i) numbers.insert(host.random());
  EXPECT_EQ(numbers.size(), 100U);
}

TEST(RealHost, TellsTheTimeOfTheMachine) {
  RealHost host;
  const Timestamp before = std::chrono::floor<Duration>(std::chrono::system_clock::now());
  const Timestamp told = host.wall_now();
  EXPECT_GE(told, before);
  EXPECT_LE(told, std::chrono::system_clock::now());
  const MonotonicTime first = host.monotonic_now();
  EXPECT_LE(first, host.monotonic_now());
}

using RealHostDeathTest = testing::Test;

TEST(RealHostDeathTest, EndsTheProcessWhenACallbackThrows) {
  const auto throw_in_callback = [] {
    RealHost host;
    host.post([] { throw std::runtime_error("not allowed here"); });
    std::promise<void>().get_future().wait_for(kLongEnough);
  };
  EXPECT_DEATH(throw_in_callback(), "a callback threw.*not allowed here");
}

TEST(RealHostDeathTest, EndsTheProcessWhenATimerOutlivesIt) {
  const auto outlive = [] {
    auto host = std::make_unique<RealHost>();
    auto timer = host->at(host->monotonic_now() + 1h, [] {});
    host.reset();
  };
  EXPECT_DEATH(outlive(), "timers, streams or listeners outlive their host");
}

}  // namespace
}  // namespace weir::host
