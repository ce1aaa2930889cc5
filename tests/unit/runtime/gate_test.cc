#include "weir/runtime/gate.h"

#include <chrono>
#include <vector>

#include <gtest/gtest.h>

#include "weir/sim/world.h"

namespace weir::runtime {
namespace {

Watermark at(std::int64_t ms) { return Watermark(timestamp_ms(ms)); }

/// Two channels into a gate, fed by hand.
class GateTest : public testing::Test {
 protected:
  GateTest() {
    gate.add(first, {InputIndex(0)});
    gate.add(second, {InputIndex(0), InputIndex(1)});
  }

  static void send(Channel& channel, Element element) { ASSERT_TRUE(channel.push(element)); }
  static Element batch_of(int value) {
    auto batch = std::make_unique<Batch<int>>(4);
    batch->push(value, kNoTimestamp);
    return Element::of(std::move(batch));
  }
  bool next() { return gate.next(arrival); }

  ReadySet ready{2};
  Channel first{8, 1, {&ready, 0}, {&ready, 1}};
  Channel second{8, 2, {&ready, 0}, {&ready, 1}};
  Gate gate;
  Gate::Arrival arrival;
};

TEST_F(GateTest, HasNothingWhenItsChannelsAreEmpty) { EXPECT_FALSE(next()); }

TEST_F(GateTest, ForwardsTheLeastWatermarkOnlyWhenItRises) {
  send(first, Element::of(at(10)));
  EXPECT_FALSE(next());
  send(second, Element::of(at(4)));
  ASSERT_TRUE(next());
  EXPECT_EQ(arrival.element.watermark, at(4));
  send(first, Element::of(at(20)));
  EXPECT_FALSE(next());
}

TEST_F(GateTest, TellsNoWatermarkUpToItsFloor) {
  gate.set_floor(at(10));
  send(first, Element::of(at(9)));
  send(second, Element::of(at(10)));
  EXPECT_FALSE(next());
  send(first, Element::of(at(11)));
  send(second, Element::of(at(12)));
  ASSERT_TRUE(next());
  EXPECT_EQ(arrival.element.watermark, at(11));
  EXPECT_EQ(gate.told(), at(11));
}

TEST_F(GateTest, TakesTheChannelsInTurn) {
  send(first, batch_of(1));
  send(first, batch_of(2));
  send(second, batch_of(3));
  std::vector<int> order;
  while (next()) order.push_back(static_cast<Batch<int>&>(*arrival.element.batch)[0]);
  EXPECT_EQ(order, (std::vector<int>{1, 3, 2}));
}

TEST_F(GateTest, TellsWhichInputALaneIsFor) {
  Element element = batch_of(1);
  element.lane = 1;
  send(second, std::move(element));
  ASSERT_TRUE(next());
  EXPECT_EQ(arrival.input, InputIndex(1));
  EXPECT_EQ(arrival.lane, 1);
  EXPECT_EQ(arrival.channel, 1U);
}

TEST_F(GateTest, DoesNotLetAnIdleChannelHoldTheWatermark) {
  send(first, Element::of(at(10)));
  send(second, Element::sign(Element::Kind::kIdle));
  ASSERT_TRUE(next());
  EXPECT_EQ(arrival.element.watermark, at(10));
}

TEST_F(GateTest, DoesNotTakeTheLastWatermarkOfOneChannelForThatOfAnIdleOne) {
  send(second, Element::sign(Element::Kind::kIdle));
  send(first, Element::of(at(10)));
  ASSERT_TRUE(next());
  EXPECT_EQ(arrival.element.watermark, at(10));
  send(first, Element::of(Watermark::end()));
  ASSERT_TRUE(next());
  EXPECT_EQ(arrival.element.kind, Element::Kind::kIdle);
  send(first, Element::sign(Element::Kind::kEnd));
  EXPECT_FALSE(next());
  send(second, batch_of(1));
  ASSERT_TRUE(next());
  EXPECT_EQ(arrival.element.kind, Element::Kind::kBatch);
  ASSERT_TRUE(next());
  EXPECT_EQ(arrival.element.kind, Element::Kind::kActive);
  send(second, Element::of(Watermark::end()));
  send(second, Element::sign(Element::Kind::kEnd));
  ASSERT_TRUE(next());
  EXPECT_EQ(arrival.element.watermark, Watermark::end());
  ASSERT_TRUE(next());
  EXPECT_EQ(arrival.element.kind, Element::Kind::kEnd);
}

TEST_F(GateTest, TellsOfIdlenessOnceAllChannelsAreIdleAndOfItsEnd) {
  send(first, Element::sign(Element::Kind::kIdle));
  send(second, Element::sign(Element::Kind::kIdle));
  ASSERT_TRUE(next());
  EXPECT_EQ(arrival.element.kind, Element::Kind::kIdle);
  EXPECT_FALSE(next());
  send(first, batch_of(1));
  ASSERT_TRUE(next());
  EXPECT_EQ(arrival.element.kind, Element::Kind::kBatch);
  ASSERT_TRUE(next());
  EXPECT_EQ(arrival.element.kind, Element::Kind::kActive);
}

TEST_F(GateTest, EndsOnceAfterAllChannelsEndedWithTheLastWatermarkBeforeIt) {
  send(first, Element::of(Watermark::end()));
  send(first, Element::sign(Element::Kind::kEnd));
  EXPECT_FALSE(next());
  send(second, Element::of(Watermark::end()));
  send(second, Element::sign(Element::Kind::kEnd));
  ASSERT_TRUE(next());
  EXPECT_EQ(arrival.element.watermark, Watermark::end());
  ASSERT_TRUE(next());
  EXPECT_EQ(arrival.element.kind, Element::Kind::kEnd);
  EXPECT_FALSE(next());
}

TEST_F(GateTest, HoldsBackAChannelThatDeliveredTheBarrierUntilTheOtherHas) {
  send(first, Element::of(CheckpointId(1)));
  send(first, batch_of(1));
  send(second, batch_of(2));
  ASSERT_TRUE(next());
  EXPECT_EQ(static_cast<Batch<int>&>(*arrival.element.batch)[0], 2);
  EXPECT_FALSE(next());
  send(second, Element::of(CheckpointId(1)));
  ASSERT_TRUE(next());
  EXPECT_EQ(arrival.element.kind, Element::Kind::kBarrier);
  EXPECT_EQ(arrival.element.checkpoint, CheckpointId(1));
  ASSERT_TRUE(next());
  EXPECT_EQ(static_cast<Batch<int>&>(*arrival.element.batch)[0], 1);
  EXPECT_FALSE(next());
}

TEST_F(GateTest, TellsWhatCameBeforeABarrierBeforeIt) {
  send(first, Element::of(at(10)));
  send(second, Element::of(at(10)));
  send(first, Element::of(CheckpointId(1)));
  send(second, Element::of(CheckpointId(1)));
  ASSERT_TRUE(next());
  EXPECT_EQ(arrival.element.watermark, at(10));
  ASSERT_TRUE(next());
  EXPECT_EQ(arrival.element.kind, Element::Kind::kBarrier);
}

TEST_F(GateTest, TimesAnAlignmentAndCountsWhatWaitedBehindIt) {
  sim::World world(1);
  gate.set_host(world);
  send(first, Element::of(CheckpointId(1)));
  send(first, batch_of(1));
  send(first, batch_of(2));
  EXPECT_FALSE(next());
  world.pass(std::chrono::milliseconds(30));
  send(second, Element::of(CheckpointId(1)));
  ASSERT_TRUE(next());
  EXPECT_EQ(gate.alignment().batches, 2U);
  EXPECT_GE(gate.alignment().duration, std::chrono::milliseconds(30));
  EXPECT_LT(gate.alignment().duration, std::chrono::milliseconds(31));
  EXPECT_EQ(world.crash_points_hit().at("checkpoint: first barrier in"), 1U);
  EXPECT_EQ(world.crash_points_hit().at("checkpoint: aligned"), 1U);
}

TEST_F(GateTest, WaitsForTheBarrierOfAChannelThatIsIdle) {
  send(first, Element::sign(Element::Kind::kIdle));
  send(second, Element::of(CheckpointId(1)));
  EXPECT_FALSE(next());
  send(first, Element::of(CheckpointId(1)));
  ASSERT_TRUE(next());
  EXPECT_EQ(arrival.element.kind, Element::Kind::kBarrier);
  EXPECT_FALSE(next()) << "a barrier ends no idleness";
}

TEST_F(GateTest, AlignsBarriersBehindTheEndOfItsChannels) {
  for (Channel* channel : {&first, &second}) {
    send(*channel, Element::of(Watermark::end()));
    send(*channel, Element::sign(Element::Kind::kEnd));
    send(*channel, Element::of(CheckpointId(4)));
    send(*channel, Element::of(CheckpointId(5)));
  }
  std::vector<Element::Kind> kinds;
  std::vector<CheckpointId> barriers;
  while (next()) {
    kinds.push_back(arrival.element.kind);
    if (arrival.element.kind == Element::Kind::kBarrier) barriers.push_back(arrival.element.checkpoint);
  }
  EXPECT_EQ(kinds, (std::vector<Element::Kind>{Element::Kind::kWatermark, Element::Kind::kEnd, Element::Kind::kBarrier,
                                               Element::Kind::kBarrier}));
  EXPECT_EQ(barriers, (std::vector<CheckpointId>{CheckpointId(4), CheckpointId(5)}));
}

TEST_F(GateTest, DoesNotWaitForEverForABarrierThatANewerOneReplaced) {
  send(first, Element::of(CheckpointId(1)));
  send(second, Element::of(CheckpointId(2)));
  EXPECT_FALSE(next());
  send(first, batch_of(1));
  send(first, Element::of(CheckpointId(2)));
  ASSERT_TRUE(next());
  EXPECT_EQ(arrival.element.kind, Element::Kind::kBatch);
  ASSERT_TRUE(next());
  EXPECT_EQ(arrival.element.checkpoint, CheckpointId(2));
}

TEST_F(GateTest, GivesBatchesBackToTheirLane) {
  Element element = batch_of(1);
  element.lane = 1;
  send(second, std::move(element));
  ASSERT_TRUE(next());
  const BatchBase* sent = arrival.element.batch.get();
  gate.give_back(arrival.channel, arrival.lane, std::move(arrival.element.batch));
  EXPECT_EQ(second.take_returned(0), nullptr);
  const BatchPtr back = second.take_returned(1);
  EXPECT_EQ(back.get(), sent);
  EXPECT_TRUE(back->empty());
}

}  // namespace
}  // namespace weir::runtime
