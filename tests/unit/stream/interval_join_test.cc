#include "weir/stream/interval_join.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/core/error.h"

#include "../state/state_bed.h"
#include "driven_operator.h"

namespace weir::detail {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

struct Left {
  std::int64_t time;
  std::string key;
};
WEIR_FIELDS(Left, time, key);

struct Right {
  std::string key;
  std::int64_t time;
};
WEIR_FIELDS(Right, key, time);

struct Show {
  void operator()(const Left& left, const Right& right, Out<std::string>& out) const {
    out.emit(fmt::format("{} {}-{} at {}", left.key, left.time, right.time, to_ms(out.timestamp())));
  }
};

using JoinOperator =
    IntervalJoinOperator<std::string, Left, std::string Left::*, Right, std::string Right::*, std::string, Show>;

class IntervalJoinTest : public testing::Test {
 protected:
  struct Checkpoint {
    StateHandle state;
    SavedValues values;
  };

  void start(std::int64_t lower, std::int64_t upper, const std::optional<Checkpoint>& restored = {}) {
    auto before = std::exchange(state_, bed_.make());
    before.reset();
    if (restored) state_->expect({restored->state}, bed_.fetch());
    driven_ = std::make_unique<tests::DrivenOperator>(
        std::make_unique<JoinOperator>(&Left::key, &Right::key, JoinInterval{Duration(lower), Duration(upper)}, Show{}),
        &bed_.world, false, state_.get());
    driven_->add_port<std::string>(2, [](const std::string& text, Timestamp) { return text; });
    driven_->add_port<Left>(2, [](const Left& left, Timestamp) { return fmt::format("late left {}", left.time); });
    driven_->add_port<Right>(2, [](const Right& right, Timestamp) { return fmt::format("late right {}", right.time); });
    if (!restored) return;
    bed_.finish_restore(*state_);
    driven_->op().restore(restored->values);
  }

  Checkpoint checkpoint() {
    state_->freeze(bed_.next_checkpoint());
    SavedValues values = driven_->saved();
    return {bed_.finish(*state_), std::move(values)};
  }

  void left(std::int64_t time, const std::string& key = "k") {
    auto batch = std::make_unique<Batch<Left>>(1);
    batch->push(Left{time, key}, timestamp_ms(time), hash_key(key));
    driven_->feed(std::move(batch), kFirstInput);
  }
  void right(std::int64_t time, const std::string& key = "k") {
    auto batch = std::make_unique<Batch<Right>>(1);
    batch->push(Right{key, time}, timestamp_ms(time), hash_key(key));
    driven_->feed(std::move(batch), kSecondInput);
  }

  state::StateBed bed_;
  std::unique_ptr<tests::DrivenOperator> driven_;
  std::unique_ptr<state::KeyedState> state_;  // ends before the operator whose sections it knows
};

TEST_F(IntervalJoinTest, JoinsWithinBothBoundsWhicheverComesFirst) {
  start(-2, 3);
  for (const std::int64_t time : {97, 98, 100, 103, 104}) right(time);
  left(100);
  EXPECT_THAT(driven_->take(), ElementsAre("k 100-98 at 100", "k 100-100 at 100", "k 100-103 at 103"));
  start(-2, 3);
  left(100);
  for (const std::int64_t time : {97, 98, 100, 103, 104}) right(time);
  EXPECT_THAT(driven_->take(), ElementsAre("k 100-98 at 100", "k 100-100 at 100", "k 100-103 at 103"));
}

TEST_F(IntervalJoinTest, JoinsEveryRecordOfATimeWithEveryOtherOfItsKeyOnly) {
  start(0, 0);
  left(5);
  left(5);
  right(5);
  right(5);
  right(5, "other");
  EXPECT_THAT(driven_->take(), ElementsAre("k 5-5 at 5", "k 5-5 at 5", "k 5-5 at 5", "k 5-5 at 5"));
}

TEST_F(IntervalJoinTest, JoinsWithBoundsOnOneSideOfTheLeftRecord) {
  start(10, 20);
  left(100);
  for (const std::int64_t time : {109, 110, 120, 121}) right(time);
  EXPECT_THAT(driven_->take(), ElementsAre("k 100-110 at 110", "k 100-120 at 120"));
  start(-20, -10);
  left(100);
  for (const std::int64_t time : {79, 80, 90, 91}) right(time);
  EXPECT_THAT(driven_->take(), ElementsAre("k 100-80 at 100", "k 100-90 at 100"));
}

TEST_F(IntervalJoinTest, KeepsRecordsAsLongAsTheyCanMeetAndNoLonger) {
  start(-2, 3);
  left(100);
  right(100);
  driven_->take();
  driven_->watermark(102);
  EXPECT_EQ(checkpoint().state.entries, 2U) << "the left one, and its timer: the right one's time is over at 102";
  right(103);
  EXPECT_THAT(driven_->take(), ElementsAre("watermark 102", "k 100-103 at 103"));
  driven_->watermark(Watermark::end());
  EXPECT_EQ(checkpoint().state.entries, 0U);
}

TEST_F(IntervalJoinTest, PutsLateRecordsAside) {
  start(-10, 10);
  left(100);
  driven_->watermark(104);
  right(104);
  right(105);
  left(90);
  EXPECT_THAT(driven_->take(), ElementsAre("watermark 104", "late right 104", "k 100-105 at 105", "late left 90"));
  EXPECT_EQ(driven_->metrics().late.load(), 2U);
}

TEST_F(IntervalJoinTest, GoesOnFromACheckpointWithWhatWaitsAndWhatIsLate) {
  start(-10, 10);
  left(100);
  right(107, "other");
  driven_->watermark(104);
  const Checkpoint taken = checkpoint();
  start(-10, 10, taken);
  right(106);
  left(104);
  left(105, "other");
  EXPECT_THAT(driven_->take(), UnorderedElementsAre("k 100-106 at 106", "late left 104", "other 105-107 at 107"));
  driven_->watermark(Watermark::end());
  EXPECT_EQ(checkpoint().state.entries, 0U) << "timers have come back, too";
}

TEST_F(IntervalJoinTest, EmitsMoreThanItsOutputHolds) {
  start(0, 100);
  for (int i = 0; i < 50; ++i) right(i);
  left(0);
  EXPECT_EQ(driven_->take().size(), 50U);
}

TEST(IntervalJoinBounds, AreRefusedWhenNothingLiesBetweenThem) {
  EXPECT_NO_THROW(check_interval({Duration(3), Duration(3)}));
  EXPECT_THROW(check_interval({Duration(4), Duration(3)}), UserError);
}

}  // namespace
}  // namespace weir::detail
