#include "weir/core/output.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace weir {
namespace {

using Kind = Element::Kind;

/// Takes the next element that is ready.
Element take(OutputBase& port) {
  Element element = std::move(port.front());
  port.pop();
  return element;
}

template <class T>
std::vector<T> values(const Element& element) {
  const auto& batch = static_cast<const Batch<T>&>(*element.batch);
  return {batch.values(), batch.values() + batch.size()};
}

TEST(Output, IsFullOnceABatchHasReachedItsCapacity) {
  Output<int> port(2);
  port.emit(1, kNoTimestamp);
  EXPECT_FALSE(port.full());
  port.emit(2, kNoTimestamp);
  ASSERT_TRUE(port.full());
  port.emit(3, kNoTimestamp);
  EXPECT_EQ(values<int>(take(port)), (std::vector<int>{1, 2}));
  EXPECT_FALSE(port.full()) << "the third record waits for a batch to fill";
}

TEST(Output, MakesWhatWasEmittedReadyWhenItIsFlushed) {
  Output<int> port(4);
  port.flush();
  EXPECT_FALSE(port.full()) << "there is nothing to send";
  port.emit(1, kNoTimestamp);
  port.flush();
  ASSERT_TRUE(port.full());
  EXPECT_EQ(values<int>(take(port)), std::vector<int>{1});
  port.flush();
  EXPECT_FALSE(port.full());
}

TEST(Output, QueuesASignBehindTheRecordsBeforeIt) {
  Output<int> port(4);
  port.emit(1, kNoTimestamp);
  port.sign(Element::of(Watermark(timestamp_ms(5))));
  port.emit(2, kNoTimestamp);
  port.flush();
  EXPECT_EQ(values<int>(take(port)), std::vector<int>{1});
  EXPECT_EQ(take(port).watermark, Watermark(timestamp_ms(5)));
  EXPECT_EQ(values<int>(take(port)), std::vector<int>{2});
  EXPECT_FALSE(port.full());
}

TEST(Output, PassesAWholeBatchOnBehindTheRecordsBeforeIt) {
  Output<int> port(4);
  port.emit(1, kNoTimestamp);
  BatchPtr batch = port.make_batch();
  static_cast<Batch<int>&>(*batch).push(2, kNoTimestamp);
  const BatchBase* passed = batch.get();
  port.pass(batch);
  ASSERT_NE(batch, nullptr);
  EXPECT_TRUE(batch->empty()) << "an empty batch is left in its place";
  EXPECT_EQ(values<int>(take(port)), std::vector<int>{1});
  const Element second = take(port);
  EXPECT_EQ(second.batch.get(), passed);
  EXPECT_EQ(values<int>(second), std::vector<int>{2});
}

TEST(Output, CountsEveryRecordEmittedOnce) {
  Output<int> port(2);
  for (int i = 0; i < 3; ++i) port.emit(i, kNoTimestamp);
  EXPECT_EQ(port.emitted(), 3U);
  BatchPtr batch = port.make_batch();
  static_cast<Batch<int>&>(*batch).push(2, kNoTimestamp);
  port.pass(batch);
  EXPECT_EQ(port.emitted(), 4U);
}

TEST(Output, BoundsABatchInBytesOfTextToo) {
  Output<Text> port(1024);
  const std::string line(BatchBase::kTextLimit / 4, 'x');
  int emitted = 0;
  while (!port.full() && emitted < 100) {
    port.emit(Text(line), kNoTimestamp);
    ++emitted;
  }
  EXPECT_GE(emitted, 3);
  EXPECT_LE(emitted, 5);
  const Element element = take(port);
  EXPECT_EQ(values<Text>(element).front().size(), line.size());
}

TEST(Output, FillsABatchInPlaceAndSendsItOnWhenItIsFull) {
  Output<int> port(3);
  const auto two = [](int* values, Timestamp* timestamps, std::size_t room) {
    const std::size_t count = std::min<std::size_t>(room, 2);
    for (std::size_t i = 0; i < count; ++i) {
      values[i] = 7;
      timestamps[i] = timestamp_ms(70);
    }
    return count;
  };
  EXPECT_EQ(port.fill(two), 2U);
  EXPECT_FALSE(port.full());
  EXPECT_EQ(port.fill(two), 1U) << "only as much as there is room for";
  ASSERT_TRUE(port.full());
  const Element element = take(port);
  EXPECT_EQ(values<int>(element), (std::vector<int>{7, 7, 7}));
  EXPECT_EQ(element.batch->timestamps()[2], timestamp_ms(70));
}

TEST(Output, FillsRecycledBatchesAgain) {
  Output<int> port(1);
  port.emit(1, kNoTimestamp);
  Element element = take(port);
  const BatchBase* recycled = element.batch.get();
  port.recycle(std::move(element.batch));
  port.emit(2, kNoTimestamp);  // fills the batch that was made when the first was sent
  take(port);
  port.emit(3, kNoTimestamp);
  const Element again = take(port);
  EXPECT_EQ(again.batch.get(), recycled);
  EXPECT_EQ(values<int>(again), std::vector<int>{3});
}

TEST(Output, KeepsTheCapacityOfStringsInRecycledBatches) {
  Output<std::string> port(1);
  port.emit(std::string(1000, 'x'), kNoTimestamp);
  Element element = take(port);
  const char* bytes = static_cast<Batch<std::string>&>(*element.batch)[0].data();
  port.recycle(std::move(element.batch));
  const std::string other(500, 'y');
  port.emit(other, kNoTimestamp);
  take(port);
  port.emit(other, kNoTimestamp);
  const Element again = take(port);
  EXPECT_EQ(values<std::string>(again), std::vector<std::string>{other});
  EXPECT_EQ(static_cast<Batch<std::string>&>(*again.batch)[0].data(), bytes) << "the string was allocated anew";
}

TEST(Output, MarksBatchesWithTheSplitThatIsSet) {
  Output<int> port(1);
  port.set_split(SplitIndex(3));
  port.emit(1, kNoTimestamp);
  port.emit(2, kNoTimestamp);
  EXPECT_EQ(take(port).batch->split(), SplitIndex(3));
  EXPECT_EQ(take(port).batch->split(), SplitIndex(3)) << "also of the batch that followed";
  port.set_split(SplitIndex(4));
  port.emit(3, kNoTimestamp);
  EXPECT_EQ(take(port).batch->split(), SplitIndex(4));
}

TEST(Outputs, AreFullWhenAnyPortIs) {
  Outputs out;
  out.add(std::make_unique<Output<int>>(1));
  out.add(std::make_unique<Output<std::string>>(1));
  EXPECT_FALSE(out.full());
  out.port<std::string>(1).emit("a", kNoTimestamp);
  EXPECT_TRUE(out.full());
  take(out.at(1));
  EXPECT_FALSE(out.full());
}

TEST(Outputs, SendSignsToEveryPortBehindItsRecords) {
  Outputs out;
  out.add(std::make_unique<Output<int>>(4));
  out.add(std::make_unique<Output<int>>(4));
  out.port<int>(1).emit(1, kNoTimestamp);
  out.watermark(Watermark(timestamp_ms(5)));
  out.idle();
  out.active();
  out.split(SplitIndex(2), SplitEvent::kFinished);
  out.end();
  EXPECT_EQ(values<int>(take(out.at(1))), std::vector<int>{1});
  for (std::size_t port = 0; port < 2; ++port) {
    EXPECT_EQ(take(out.at(port)).watermark, Watermark(timestamp_ms(5)));
    EXPECT_EQ(take(out.at(port)).kind, Kind::kIdle);
    EXPECT_EQ(take(out.at(port)).kind, Kind::kActive);
    const Element split = take(out.at(port));
    EXPECT_EQ(split.kind, Kind::kSplit);
    EXPECT_EQ(split.split, SplitIndex(2));
    EXPECT_EQ(split.split_event, SplitEvent::kFinished);
    EXPECT_EQ(take(out.at(port)).kind, Kind::kEnd);
  }
  EXPECT_FALSE(out.full());
}

TEST(Out, GivesRecordsTheTimestampOfTheRecordAtHand) {
  Output<int> port(2);
  Out<int> out(port, timestamp_ms(5));
  out.emit(1);
  out.emit_at(2, timestamp_ms(9));
  const Element element = take(port);
  EXPECT_EQ(element.batch->timestamps()[0], timestamp_ms(5));
  EXPECT_EQ(element.batch->timestamps()[1], timestamp_ms(9));
}

}  // namespace
}  // namespace weir
