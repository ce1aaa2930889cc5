#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/weir.h"

#include "kit/sim_job.h"

// Sinks of users that fail outside of a task, and key functions that throw on the way to one.

namespace weir::tests {
namespace {

using namespace std::chrono_literals;
using runtime::JobResult;
using testing::HasSubstr;

/// A sink that cannot be prepared, and counts how often it was tried.
class Unprepared final : public Sink {
 public:
  Unprepared(std::shared_ptr<int> tries, std::function<void()> fail)
      : tries_(std::move(tries)), fail_(std::move(fail)) {}
  void prepare(Host&, bool) const override {
    ++*tries_;
    fail_();
  }
  std::unique_ptr<SinkWriter> make_writer() const override { return nullptr; }

 private:
  std::shared_ptr<int> tries_;
  std::function<void()> fail_;
};

JobResult run_with(const std::shared_ptr<const Sink>& sink) {
  sim::World world(1);
  // A machine that has been up for longer than a run that counts as a success.
  world.pass(1h);
  SimOptions options;
  options.restart.kind = runtime::RestartStrategy::Kind::kFixedDelay;
  options.restart.attempts = 2;
  options.restart.reset_after = 1min;
  SimJob job(world, [&](Environment& env) { env.from_values({1, 2}).sink_to(sink, "Mine"); }, options);
  return job.run();
}

TEST(FailingSink, IsPreparedAgainOnlyAsOftenAsTheStrategyAllows) {
  const auto tries = std::make_shared<int>(0);
  const JobResult result =
      run_with(std::make_shared<Unprepared>(tries, [] { throw ExternalError("no room in /out"); }));
  EXPECT_EQ(result.state, JobResult::State::kFailed);
  EXPECT_THAT(result.message, HasSubstr("no room in /out"));
  EXPECT_EQ(*tries, 3);
}

TEST(FailingSink, ThatThrowsNoExceptionFailsTheJob) {
  const auto tries = std::make_shared<int>(0);
  const JobResult result = run_with(std::make_shared<Unprepared>(tries, [] { throw 42; }));
  EXPECT_EQ(result.state, JobResult::State::kFailed);
  EXPECT_THAT(result.message, HasSubstr("a value that is not a std::exception"));
  EXPECT_EQ(*tries, 1);
}

TEST(KeyFunction, ThatThrowsOnAnExchangeIsNamedWithItsRecord) {
  const JobResult result = run_in_simulation(1, [](Environment& env) {
    env.from_values({1, 2, 3})
        .key_by([](int value) {
          if (value == 2) throw std::runtime_error("no key");
          return value;
        })
        .window(TumblingProcessingTime{Duration{1000}})
        .count()
        .print();
  });
  EXPECT_EQ(result.state, JobResult::State::kFailed);
  EXPECT_THAT(result.message, HasSubstr("at 'Source: Values': record 1 of its batch (2): no key"));
}

TEST(WatermarkStrategy, RefusesWhatCannotBeMeant) {
  EXPECT_THROW(bounded_out_of_orderness(Duration{-1}), UserError);
  EXPECT_THROW(bounded_out_of_orderness(Duration::max()), UserError);
  EXPECT_THROW(check(monotone_timestamps().idle_after(Duration{0})), UserError);
  EXPECT_THROW(check(monotone_timestamps().far_future_limit(Duration{-5})), UserError);
  EXPECT_NO_THROW(check(monotone_timestamps().idle_after(Duration{1}).far_future_limit(Duration{0})));
}

}  // namespace
}  // namespace weir::tests
