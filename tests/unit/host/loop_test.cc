#include <array>
#include <atomic>
#include <future>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include "weir/host/real_host.h"

#include "test_tools.h"

namespace weir::host {
namespace {

using namespace std::chrono_literals;

class Steps final : public Steppable {
 public:
  explicit Steps(std::function<StepResult()> body) : body_(std::move(body)) {}
  StepResult step() override { return body_(); }

 private:
  std::function<StepResult()> body_;
};

/// Gives a ball to its partner whenever it has it; no step ever follows but from a wake-up.
class Player final : public Steppable {
 public:
  Player(std::atomic<int>& ball, int me, int rounds) : ball_(ball), me_(me), rounds_(rounds) {}

  void play_with(Loop& partner) { partner_ = &partner; }

  StepResult step() override {
    if (ball_.load(std::memory_order_relaxed) != me_) return StepResult::kIdle;
    if (++played_ == rounds_) done_.set_value();
    ball_.store(1 - me_, std::memory_order_relaxed);
    partner_.load()->wake();
    return StepResult::kIdle;
  }

  std::future<void> done() { return done_.get_future(); }

 private:
  std::atomic<int>& ball_;
  const int me_;
  const int rounds_;
  std::atomic<Loop*> partner_{nullptr};
  int played_ = 0;
  std::promise<void> done_;
};

class LoopSpinning : public testing::TestWithParam<int> {};

TEST_P(LoopSpinning, LosesNoWakeUpBetweenTwoLoops) {
  constexpr int kRounds = 100'000;
  RealHost host({.spin = std::chrono::microseconds(GetParam())});
  constexpr int kNobody = 2;
  std::atomic<int> ball{kNobody};
  Player first(ball, 0, kRounds);
  Player second(ball, 1, kRounds);
  auto first_loop = host.start_loop(first, "first");
  auto second_loop = host.start_loop(second, "second");
  first.play_with(*second_loop);
  second.play_with(*first_loop);
  ball = 0;
  first_loop->wake();
  await(first.done());
  await(second.done());
  first_loop->stop();
  second_loop->stop();
}

TEST_P(LoopSpinning, SeesWhatEveryWakerWroteBeforeItWoke) {
  constexpr int kWakers = 3;
  constexpr int kValues = 30'000;
  RealHost host({.spin = std::chrono::microseconds(GetParam())});
  std::array<std::atomic<int>, kWakers> written{};
  std::array<int, kWakers> seen{};
  std::promise<void> all_seen;
  Steps steps([&] {
    bool all = true;
    for (std::size_t i = 0; i < kWakers; ++i) {
      seen[i] = written[i].load(std::memory_order_relaxed);
      all = all && seen[i] == kValues;
    }
    if (!all) return StepResult::kIdle;
    all_seen.set_value();
    return StepResult::kDone;
  });
  auto loop = host.start_loop(steps, "reader");
  std::vector<std::thread> wakers;
  for (std::size_t i = 0; i < kWakers; ++i) {
    wakers.emplace_back([&, i] {
      for (int value = 1; value <= kValues; ++value) {
        written[i].store(value, std::memory_order_relaxed);
        loop->wake();
      }
    });
  }
  for (auto& waker : wakers) waker.join();
  await(all_seen.get_future());
}

INSTANTIATE_TEST_SUITE_P(Microseconds, LoopSpinning, testing::Values(0, 50));

TEST(Loop, StepsAgainWhenItIsWokenDuringAStep) {
  RealHost host;
  std::promise<void> stepping;
  std::promise<void> woken;
  std::promise<void> again;
  int steps_taken = 0;
  Steps steps([&] {
    if (++steps_taken == 1) {
      stepping.set_value();
      await(woken.get_future());
      return StepResult::kIdle;
    }
    again.set_value();
    return StepResult::kDone;
  });
  auto loop = host.start_loop(steps, "steps");
  await(stepping.get_future());
  loop->wake();
  woken.set_value();
  await(again.get_future());
}

TEST(Loop, StepsOnWhileThereIsMoreAndNeverAgainWhenDone) {
  RealHost host;
  std::atomic<int> steps_taken{0};
  std::promise<void> third;
  Steps steps([&] {
    if (++steps_taken < 3) return StepResult::kMore;
    third.set_value();
    return StepResult::kDone;
  });
  auto loop = host.start_loop(steps, "steps");
  await(third.get_future());
  loop->wake();
  loop->stop();
  EXPECT_EQ(steps_taken, 3);
}

TEST(Loop, StopsAfterTheStepThatRuns) {
  RealHost host;
  std::promise<void> stepping;
  std::atomic<bool> stop_called{false};
  std::atomic<bool> in_step{false};
  Steps steps([&, told = false]() mutable {
    in_step = true;
    if (!std::exchange(told, true)) stepping.set_value();
    while (!stop_called) std::this_thread::yield();
    in_step = false;
    return StepResult::kMore;
  });
  auto loop = host.start_loop(steps, "steps");
  await(stepping.get_future());
  EXPECT_TRUE(in_step);
  stop_called = true;
  loop->stop();
  EXPECT_FALSE(in_step);
}

TEST(Loop, MayBeWokenAndStoppedAgainAfterItStopped) {
  RealHost host;
  std::atomic<int> steps_taken{0};
  std::promise<void> stepped;
  Steps steps([&] {
    if (++steps_taken == 1) stepped.set_value();
    return StepResult::kIdle;
  });
  auto loop = host.start_loop(steps, "steps");
  await(stepped.get_future());
  loop->stop();
  loop->wake();
  loop->stop();
  std::thread another([&] { loop->stop(); });
  another.join();
  EXPECT_EQ(steps_taken, 1);
}

TEST(Loop, NamesItsThreadWithTheFirstFifteenBytes) {
  RealHost host;
  std::promise<std::string> told;
  Steps steps([&] {
    std::array<char, 32> name{};
    pthread_getname_np(pthread_self(), name.data(), name.size());
    told.set_value(name.data());
    return StepResult::kDone;
  });
  auto loop = host.start_loop(steps, "a very long name of a loop");
  EXPECT_EQ(await(told.get_future()), "a very long nam");
}

TEST(LoopDeathTest, EndsTheProcessWhenAStepThrows) {
  const auto throw_in_step = [] {
    RealHost host;
    Steps steps([]() -> StepResult { throw std::runtime_error("not allowed here"); });
    auto loop = host.start_loop(steps, "steps");
    std::promise<void>().get_future().wait_for(kLongEnough);
  };
  EXPECT_DEATH(throw_in_step(), "a callback threw.*steps.*not allowed here");
}

TEST(LoopDeathTest, EndsTheProcessWhenItOutlivesItsHost) {
  const auto outlive = [] {
    auto host = std::make_unique<RealHost>();
    Steps steps([] { return StepResult::kIdle; });
    auto loop = host->start_loop(steps, "steps");
    host.reset();
  };
  EXPECT_DEATH(outlive(), "loops outlive their host");
}

TEST(LoopDeathTest, EndsTheProcessWhenAStepStopsItsOwnLoop) {
  const auto stop_in_step = [] {
    RealHost host;
    std::promise<Loop*> started;
    Steps steps([&] {
      started.get_future().get()->stop();
      return StepResult::kDone;
    });
    auto loop = host.start_loop(steps, "steps");
    started.set_value(loop.get());
    std::promise<void>().get_future().wait_for(kLongEnough);
  };
  EXPECT_DEATH(stop_in_step(), "a step stops its own loop");
}

}  // namespace
}  // namespace weir::host
