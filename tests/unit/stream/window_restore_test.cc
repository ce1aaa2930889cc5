#include <memory>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "weir/stream/operators/window_operator.h"

#include "../state/state_bed.h"
#include "driven_operator.h"
#include "sales.h"

namespace weir::detail {
namespace {

using state::StateBed;
using tests::SaleAt;
using tests::sales;
using tests::SalesSum;
using tests::Strings;

/// What a barrier leaves of a window operator.
struct Checkpoint {
  StateHandle state;
  SavedValues values;
};

/// A window operator with keyed state, perhaps restored.
class Windows {
 public:
  Windows(StateBed& bed, const SalesSum& spec, const std::optional<Checkpoint>& restored = {},
          std::size_t batch_size = 64)
      : bed_(bed), state_(bed.make()) {
    if (restored) state_->expect({restored->state}, bed.fetch());
    driven_.emplace(std::make_unique<WindowOperator<SalesSum>>(spec), &bed.world, false, state_.get());
    driven_->add_port<std::string>(batch_size, [](const std::string& result, Timestamp) { return result; });
    driven_->add_port<tests::Sale>(batch_size, [](const tests::Sale& sale, Timestamp timestamp) {
      return fmt::format("late {} at {}", sale.key, to_ms(timestamp));
    });
    if (!restored) return;
    bed.finish_restore(*state_);
    driven_->op().restore(restored->values);
  }

  tests::DrivenOperator* operator->() { return &*driven_; }

  Checkpoint checkpoint() {
    const CheckpointId id = bed_.next_checkpoint();
    driven_->barrier(id.value());
    state_->freeze(id);
    SavedValues values = driven_->saved();
    return {bed_.finish(*state_), std::move(values)};
  }

 private:
  StateBed& bed_;
  std::optional<tests::DrivenOperator> driven_;
  std::unique_ptr<state::KeyedState> state_;  // ends before the operator whose sections it knows
};

/// Records and watermarks: what a window operator is given one after the other.
struct Input {
  std::vector<SaleAt> records;
  std::int64_t watermark;
};

std::vector<Input> random_input(std::mt19937_64& random) {
  std::vector<Input> input(30);
  std::int64_t time = 0;
  for (Input& step : input) {
    for (std::size_t n = random() % 8; n > 0; --n)
      step.records.push_back({time + static_cast<std::int64_t>(random() % 40) - 20, static_cast<int>(random() % 3),
                              static_cast<std::int64_t>(random() % 100)});
    time += static_cast<std::int64_t>(random() % 7);
    step.watermark = time;
  }
  return input;
}

/// Keys of a window fire in no order that means anything.
Strings give(Windows& windows, const Input& input) {
  if (!input.records.empty()) windows->feed(sales(input.records));
  windows->watermark(input.watermark);
  Strings all = windows->take();
  std::sort(all.begin(), all.end());
  return all;
}

RC_GTEST_PROP(RestoredWindows, DoWhatTheOthersDo, (std::uint64_t seed)) {
  std::mt19937_64 random(seed);
  const WindowLayout layouts[] = {TumblingEventTime{Duration{10}}, SlidingEventTime{Duration{12}, Duration{4}},
                                  SlidingEventTime{Duration{4}, Duration{10}}};
  const SalesSum spec = tests::sum_of_sales(layouts[random() % 3], Duration{random() % 3 * 5});
  const std::vector<Input> input = random_input(random);
  const std::size_t barrier = random() % input.size();
  StateBed bed;
  Windows whole(bed, spec);
  std::optional<Windows> restored;
  for (std::size_t i = 0; i < input.size(); ++i) {
    if (i == barrier) {
      restored.emplace(bed, spec, whole.checkpoint());
      whole->take();
    }
    const Strings expected = give(whole, input[i]);
    if (!restored) continue;
    ASSERT_EQ(give(*restored, input[i]), expected) << "after " << i - barrier << " more";
  }
}

TEST(RestoredWindows, KnowNothingOfWhatCameAfterTheBarrier) {
  StateBed bed;
  const SalesSum spec = tests::sum_of_sales(TumblingEventTime{Duration{10}});
  Windows before(bed, spec);
  before->feed(sales({{5, 1, 1}, {15, 1, 1}}));
  before->watermark(9);
  const Checkpoint checkpoint = before.checkpoint();
  before->feed(sales({{15, 1, 100}}));
  before->watermark(19);
  Windows after(bed, spec, checkpoint);
  after->feed(sales({{5, 1, 1}, {16, 1, 10}}));
  after->watermark(19);
  EXPECT_EQ(after->take(), (Strings{"late 1 at 5", "1 [10, 20): 11", "watermark 19"}));
}

TEST(RestoredWindows, OfProcessingTimeFireInOrderAtOnceWhatBecameDueMeanwhile) {
  StateBed bed;
  bed.world.freeze_wall();
  bed.world.set_wall(timestamp_ms(1'000));
  const SalesSum spec = tests::sum_of_sales(SlidingProcessingTime{Duration{20}, Duration{10}});
  Windows before(bed, spec);
  before->feed(sales({{0, 1, 1}, {0, 2, 2}}));
  const Checkpoint checkpoint = before.checkpoint();
  bed.world.set_wall(timestamp_ms(5'000));
  Windows after(bed, spec, checkpoint, 1);
  EXPECT_LE(after->op().next_deadline().wall, timestamp_ms(5'000)) << "at once";
  after->time();
  Strings fired = after->take();
  ASSERT_EQ(fired.size(), 4U);
  std::sort(fired.begin(), fired.begin() + 2);
  std::sort(fired.begin() + 2, fired.end());
  EXPECT_EQ(fired, (Strings{"1 [990, 1010): 1", "2 [990, 1010): 2", "1 [1000, 1020): 1", "2 [1000, 1020): 2"}));
  after->feed(sales({{0, 1, 7}}));
  EXPECT_EQ(after->op().next_deadline().wall, timestamp_ms(5'010));
}

TEST(RestoredWindows, OfProcessingTimeFireWhatIsDueBeforeTheyCountARecord) {
  StateBed bed;
  bed.world.freeze_wall();
  bed.world.set_wall(timestamp_ms(1'000));
  const SalesSum spec = tests::sum_of_sales(TumblingProcessingTime{Duration{10}});
  Windows before(bed, spec);
  before->feed(sales({{0, 1, 1}}));
  const Checkpoint checkpoint = before.checkpoint();
  bed.world.set_wall(timestamp_ms(1'010));
  Windows after(bed, spec, checkpoint);
  after->feed(sales({{0, 1, 10}}));
  EXPECT_EQ(after->take(), Strings{"1 [1000, 1010): 1"});
}

}  // namespace
}  // namespace weir::detail
