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
#include "weir/stream/operators/broadcast_operators.h"

#include "../state/state_bed.h"
#include "driven_operator.h"
#include "error_text.h"

namespace weir::detail {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Order {
  std::int64_t time;
  std::string product;
};

struct Price {
  std::string product;
  std::int64_t cents;
};

const MapStateDescriptor<std::string, std::int64_t> kPrices("prices");
const MapStateDescriptor<std::string, std::string> kOfOtherTypes("prices");
const MapStateDescriptor<std::string, std::int64_t> kUnknown("wages");

std::vector<MakeBroadcastState> make_states() {
  return {[] { return std::make_unique<BroadcastState<std::string, std::int64_t>>("prices"); }};
}

BatchPtr orders(const std::vector<Order>& all) {
  auto batch = std::make_unique<Batch<Order>>(all.size());
  for (const Order& order : all) batch->push(order, timestamp_ms(order.time), hash_key(order.product));
  return batch;
}

BatchPtr prices(const std::vector<Price>& all) {
  auto batch = std::make_unique<Batch<Price>>(all.size());
  for (const Price& price : all) batch->push(price, timestamp_ms(0), 0);
  return batch;
}

std::string shown(const std::int64_t* price) { return price == nullptr ? "none" : std::to_string(*price); }

void set_price(const Price& price, BroadcastContext& context) {
  if (price.cents < 0) {
    context.broadcast_state(kPrices).erase(price.product);
  } else {
    context.broadcast_state(kPrices).set(price.product, price.cents);
  }
}

/// Prices orders when they come and once more ten milliseconds later, and counts them.
struct Pricing {
  ValueState<std::string, std::int64_t> orders{"orders"};

  void open(ProcessOpening<std::string>& opening) { opening.keep(orders); }
  void process_element(const Order& order, KeyedReadOnlyContext<std::string>& context, Out<std::string>& out) {
    ++orders->update();
    out.emit(fmt::format("{} costs {}", order.product, shown(context.broadcast_state(kPrices).get(order.product))));
    context.set_event_timer(timestamp_ms(order.time + 10));
  }
  void process_broadcast_element(const Price& price, BroadcastContext& context, Out<std::string>& out) {
    if (price.product == "peek") out.emit(std::to_string(*orders->get()));
    set_price(price, context);
  }
  void on_timer(Timestamp, KeyedReadOnlyContext<std::string>& context, Out<std::string>& out) {
    out.emit(fmt::format("{} of {} for {} each", *orders->get(), context.key(),
                         shown(context.broadcast_state(kPrices).get(std::string(context.key())))));
  }
};

/// The same without keys.
struct PlainPricing {
  bool ask_for_other_types = false;
  bool ask_for_unknown = false;

  void process_element(const Order& order, ReadOnlyContext& context, Out<std::string>& out) {
    if (ask_for_other_types) context.broadcast_state(kOfOtherTypes);
    if (ask_for_unknown) context.broadcast_state(kUnknown);
    out.emit(fmt::format("{} costs {}", order.product, shown(context.broadcast_state(kPrices).get(order.product))));
  }
  void process_broadcast_element(const Price& price, BroadcastContext& context, Out<std::string>&) {
    set_price(price, context);
  }
  void close(Out<std::string>& out) { out.emit("closed"); }
};

class Broadcast : public testing::Test {
 protected:
  void start_keyed() {
    state_ = bed_.make();
    take(std::make_unique<KeyedBroadcastOperator<std::string, Order, std::string Order::*, Price, Pricing>>(
        &Order::product, Pricing{}, make_states()));
  }
  void start_plain(PlainPricing function = {}, std::uint32_t subtask = 0, std::uint32_t parallelism = 1) {
    take(std::make_unique<BroadcastOperator<Order, Price, PlainPricing>>(function, make_states()), subtask,
         parallelism);
  }

  void order(const Order& order) { driven_->feed(orders({order}), kFirstInput); }
  void price(const Price& price) { driven_->feed(prices({price}), kSecondInput); }

  void take(std::unique_ptr<Operator> op, std::uint32_t subtask = 0, std::uint32_t parallelism = 1) {
    driven_ = std::make_unique<tests::DrivenOperator>(std::move(op), &bed_.world, false, state_.get(),
                                                      SubtaskIndex(subtask), parallelism);
    driven_->add_port<std::string>(2, [](const std::string& text, Timestamp) { return text; });
  }

  state::StateBed bed_;
  std::unique_ptr<tests::DrivenOperator> driven_;
  std::unique_ptr<state::KeyedState> state_;  // ends before the operator whose sections it knows
};

TEST_F(Broadcast, StateIsWrittenByOneInputAndReadByTheOtherAndAtTimers) {
  start_keyed();
  order({1, "tea"});
  price({"tea", 300});
  order({2, "tea"});
  price({"tea", 310});
  price({"milk", 90});
  price({"milk", -1});
  order({3, "milk"});
  driven_->watermark(20);
  EXPECT_THAT(driven_->take(),
              ElementsAre("tea costs none", "tea costs 300", "milk costs none", "2 of tea for 310 each",
                          "2 of tea for 310 each", "1 of milk for none each", "watermark 20"));
}

TEST_F(Broadcast, WorksWithoutKeysToo) {
  start_plain();
  price({"tea", 300});
  order({2, "tea"});
  driven_->end();
  EXPECT_THAT(driven_->take(), ElementsAre("tea costs 300", "closed"));
}

TEST_F(Broadcast, StateComesBackInEverySubtaskAlsoWhenThereAreMoreOfThem) {
  std::vector<SavedValues> before;
  for (std::uint32_t i = 0; i < 2; ++i) {
    start_plain({}, i, 2);
    price({"tea", 300});
    before.push_back(driven_->saved());
  }
  for (const std::uint32_t parallelism : {1U, 2U, 3U, 7U}) {
    for (std::uint32_t subtask = 0; subtask < parallelism; ++subtask) {
      start_plain({}, subtask, parallelism);
      ASSERT_TRUE(driven_->op().restore_rescaled(before));
      order({2, "tea"});
      EXPECT_THAT(driven_->take(), ElementsAre("tea costs 300")) << subtask << " of " << parallelism;
    }
  }
  start_plain({}, 1, 2);
  driven_->op().restore(before[1]);
  order({2, "tea"});
  EXPECT_THAT(driven_->take(), ElementsAre("tea costs 300"));
}

TEST_F(Broadcast, RecordHasNoKeyedStateAtHand) {
  start_keyed();
  order({1, "tea"});
  EXPECT_THAT(error_of([this] { price({"peek", 1}); }), HasSubstr("no key is at hand"));
}

TEST_F(Broadcast, RefusesADescriptorThatTheStreamWasNotBroadcastWith) {
  start_plain({.ask_for_unknown = true});
  EXPECT_THAT(error_of([this] { order({1, "tea"}); }),
              testing::AllOf(HasSubstr("not broadcast with a state 'wages'"), HasSubstr("it has 'prices'")));
  start_plain({.ask_for_other_types = true});
  EXPECT_THAT(error_of([this] { order({1, "tea"}); }), HasSubstr("of these types"));
}

TEST(BroadcastNames, AreGivenOnce) {
  EXPECT_NO_THROW(check_broadcast_names({"a", "b"}));
  EXPECT_THROW(check_broadcast_names({"a", "b", "a"}), UserError);
  EXPECT_THROW(check_broadcast_names({""}), UserError);
}

}  // namespace
}  // namespace weir::detail
