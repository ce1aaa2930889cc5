#include "weir/stream/operators/co_process_operator.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/core/error.h"
#include "weir/core/key_codec.h"

#include "../state/state_bed.h"
#include "driven_operator.h"

namespace weir::detail {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Order {
  std::int64_t time;
  std::string id;
};

struct Payment {
  std::string order;
  std::int64_t time;
  std::int64_t cents;
};

using Context = ProcessContext<std::string>;

BatchPtr orders(const std::vector<Order>& all) {
  auto batch = std::make_unique<Batch<Order>>(all.size());
  for (const Order& order : all) batch->push(order, timestamp_ms(order.time), hash_key(order.id));
  return batch;
}

BatchPtr payments(const std::vector<Payment>& all) {
  auto batch = std::make_unique<Batch<Payment>>(all.size());
  for (const Payment& payment : all) batch->push(payment, timestamp_ms(payment.time), hash_key(payment.order));
  return batch;
}

/// Tells of each order what was paid within 10 ms of it.
struct Paid {
  ValueState<std::string, std::int64_t> ordered{"ordered"};
  ListState<std::string, std::int64_t> cents{"cents"};

  void open(ProcessOpening<std::string>& opening) {
    opening.keep(ordered);
    opening.keep(cents);
  }
  void process_element1(const Order& order, Context& context, Out<std::string>&) {
    if (order.id == "bad") throw std::runtime_error("no such order");
    ordered->set(order.time);
    context.set_event_timer(timestamp_ms(order.time + 10));
  }
  void process_element2(const Payment& payment, Context& context, Out<std::string>& out) {
    cents->add(payment.cents);
    if (payment.cents < 0) out.emit(fmt::format("{} back at {}", context.key(), to_ms(context.timestamp())));
  }
  void on_timer(Timestamp time, Context& context, Out<std::string>& out) {
    std::string all;
    cents->for_each([&all](std::int64_t paid) { all += fmt::format(" {}", paid); });
    cents->clear();
    out.emit(fmt::format("{} of {} at {}:{}", context.key(), *ordered->get(), to_ms(time), all));
  }
  void close(Out<std::string>& out) { out.emit("closed"); }
};

using PaidOperator = CoProcessOperator<std::string, Order, std::string Order::*, Payment, std::string Payment::*, Paid>;

class CoProcess : public testing::Test {
 protected:
  struct Checkpoint {
    StateHandle state;
    SavedValues values;
  };

  void start(const std::optional<Checkpoint>& restored = {}) {
    state_ = bed_.make();
    if (restored) state_->expect({restored->state}, bed_.fetch());
    auto before = std::exchange(driven_, std::make_unique<tests::DrivenOperator>(
                                             std::make_unique<PaidOperator>(&Order::id, &Payment::order, Paid{}),
                                             &bed_.world, false, state_.get()));
    driven_->add_port<std::string>(2, [](const std::string& text, Timestamp) { return text; });
    if (!restored) return;
    bed_.finish_restore(*state_);
    driven_->op().restore(restored->values);
  }

  Checkpoint checkpoint() {
    const CheckpointId id = bed_.next_checkpoint();
    state_->freeze(id);
    SavedValues values = driven_->saved();
    return {bed_.finish(*state_), std::move(values)};
  }

  void order(const Order& order) { driven_->feed(orders({order}), kFirstInput); }
  void pay(const Payment& payment) { driven_->feed(payments({payment}), kSecondInput); }

  state::StateBed bed_;
  std::unique_ptr<tests::DrivenOperator> driven_;
  std::unique_ptr<state::KeyedState> state_;  // ends before the operator whose sections it knows
};

TEST_F(CoProcess, SharesStateAndTimersOfAKeyBetweenBothInputs) {
  start();
  pay({"a", 3, 100});
  driven_->feed(orders({{5, "a"}, {6, "b"}}), kFirstInput);
  driven_->feed(payments({{"b", 7, 20}, {"a", 8, 1}, {"b", 9, -5}}), kSecondInput);
  driven_->watermark(15);
  EXPECT_THAT(driven_->take(), ElementsAre("b back at 9", "a of 5 at 15: 100 1", "watermark 15"));
  driven_->watermark(Watermark::end());
  driven_->end();
  EXPECT_THAT(driven_->take(), ElementsAre("b of 6 at 16: 20 -5", "the last watermark", "closed"));
}

TEST_F(CoProcess, FiresAtOnceWhatIsDueAlreadyWhicheverInputItCameBy) {
  start();
  driven_->watermark(30);
  pay({"a", 12, 7});
  order({11, "a"});
  EXPECT_THAT(driven_->take(), ElementsAre("watermark 30", "a of 11 at 21: 7"));
}

TEST_F(CoProcess, BringsStateAndTimersOfBothInputsBack) {
  start();
  order({5, "a"});
  pay({"a", 6, 40});
  const Checkpoint taken = checkpoint();
  pay({"a", 7, 1'000});
  start(taken);
  pay({"a", 8, 2});
  driven_->watermark(15);
  EXPECT_THAT(driven_->take(), ElementsAre("a of 5 at 15: 40 2", "watermark 15"));
}

TEST_F(CoProcess, GoesOnWhereItStoppedWhenItsOutputIsFull) {
  start();
  std::vector<Payment> many;
  for (std::int64_t i = 0; i < 9; ++i) many.push_back({"a", i, -1});
  driven_->feed(payments(many), kSecondInput);
  EXPECT_EQ(driven_->take().size(), 9U);
  EXPECT_GT(driven_->stops(), 0);
}

TEST_F(CoProcess, NamesTheRecordAtWhichTheFunctionThrows) {
  start();
  try {
    driven_->feed(orders({{5, "a"}, {6, "bad"}}), kFirstInput);
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("record 1 of its batch"));
    EXPECT_THAT(error.what(), HasSubstr("no such order"));
  }
}

}  // namespace
}  // namespace weir::detail
