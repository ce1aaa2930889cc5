#include "weir/runtime/edge_writer.h"

#include <gtest/gtest.h>

#include "weir/core/hash.h"

namespace weir::runtime {
namespace {

constexpr std::uint32_t kGroups = 16;

/// An edge from one subtask to several, with channels of two elements.
class Edge {
 public:
  Edge(Partitioning partitioning, std::size_t targets, std::size_t batch_size = 4, std::uint8_t lane = 0)
      : port(batch_size) {
    std::vector<Channel*> views;
    for (std::size_t i = 0; i < targets; ++i) {
      channels.push_back(std::make_unique<Channel>(2, 2, TaskSignal{&ready, 0}, TaskSignal{&ready, 1}));
      views.push_back(channels.back().get());
    }
    PlanEdge edge;
    edge.partitioning = partitioning;
    edge.lane = lane;
    edge.hash_keys = [](BatchBase& batch) {
      auto& records = static_cast<Batch<int>&>(batch);
      for (std::size_t i = 0; i < records.size(); ++i) records.hashes()[i] = hash_key(records[i]);
    };
    writer = std::make_unique<EdgeWriter>(edge, port, views, kGroups);
  }

  Element batch(std::vector<int> values) {
    BatchPtr batch = port.make_batch();
    for (const int value : values) static_cast<Batch<int>&>(*batch).push(value, timestamp_ms(value));
    return Element::of(std::move(batch));
  }

  /// Takes one element from a channel; kind kEnd stands for nothing.
  std::optional<Element> receive(std::size_t target) {
    Element element;
    if (!channels[target]->pop(element)) return std::nullopt;
    return element;
  }

  static std::vector<int> values(const Element& element) {
    const auto& batch = static_cast<const Batch<int>&>(*element.batch);
    return {batch.values(), batch.values() + batch.size()};
  }

  ReadySet ready{2};
  Output<int> port;
  std::vector<std::unique_ptr<Channel>> channels;
  std::unique_ptr<EdgeWriter> writer;
};

TEST(EdgeWriter, LeavesTheSplitBehind) {
  Edge edge(Partitioning::kForward, 1);
  Element element = edge.batch({1, 2});
  element.batch->set_split(SplitIndex(3));
  EXPECT_TRUE(edge.writer->offer(std::move(element)));
  EXPECT_EQ(edge.receive(0)->batch->split(), SplitIndex(0));
}

TEST(EdgeWriter, SendsAWholeBatchOnWithoutCopyingWhenThereIsOneTarget) {
  Edge edge(Partitioning::kForward, 1);
  Element element = edge.batch({1, 2});
  const BatchBase* sent = element.batch.get();
  EXPECT_TRUE(edge.writer->offer(std::move(element)));
  EXPECT_EQ(edge.receive(0)->batch.get(), sent);
}

TEST(EdgeWriter, ScattersRecordsByKeyGroupAndKeepsTheirOrder) {
  Edge edge(Partitioning::kHash, 3, 64);
  std::vector<int> all;
  for (int i = 0; i < 60; ++i) all.push_back(i);
  ASSERT_TRUE(edge.writer->offer(edge.batch(all)));
  ASSERT_TRUE(edge.writer->flush());
  std::size_t seen = 0;
  for (std::size_t target = 0; target < 3; ++target) {
    const auto element = edge.receive(target);
    ASSERT_TRUE(element);
    const std::vector<int> values = Edge::values(*element);
    EXPECT_TRUE(std::is_sorted(values.begin(), values.end()));
    for (const int value : values) {
      ++seen;
      EXPECT_EQ(subtask_of(key_group_of(hash_key(value), kGroups), 3, kGroups).value(), target);
    }
  }
  EXPECT_EQ(seen, all.size());
}

TEST(EdgeWriter, StopsInTheMiddleOfABatchWhenAChannelIsFullAndLosesAndDoublesNothing) {
  Edge edge(Partitioning::kHash, 2, 2);
  std::vector<int> received;
  std::vector<int> sent;
  int value = 0;
  bool blocked = false;
  for (int batch = 0; batch < 50; ++batch) {
    std::vector<int> values{value, value + 1};
    value += 2;
    sent.insert(sent.end(), values.begin(), values.end());
    bool done = edge.writer->offer(edge.batch(values));
    while (!done) {
      blocked = true;
      for (std::size_t target = 0; target < 2; ++target)
        if (const auto element = edge.receive(target)) {
          const std::vector<int> part = Edge::values(*element);
          received.insert(received.end(), part.begin(), part.end());
        }
      done = edge.writer->advance();
    }
  }
  for (int round = 0; round < 10; ++round) {
    edge.writer->flush();
    for (std::size_t target = 0; target < 2; ++target)
      while (const auto element = edge.receive(target)) {
        const std::vector<int> part = Edge::values(*element);
        received.insert(received.end(), part.begin(), part.end());
      }
  }
  EXPECT_TRUE(blocked);
  std::sort(received.begin(), received.end());
  EXPECT_EQ(received, sent);
}

TEST(EdgeWriter, SendsAWatermarkToEveryTargetBehindTheRecordsBeforeIt) {
  Edge edge(Partitioning::kHash, 2, 64);
  std::vector<int> all;
  for (int i = 0; i < 20; ++i) all.push_back(i);
  ASSERT_TRUE(edge.writer->offer(edge.batch(all)));
  ASSERT_TRUE(edge.writer->offer(Element::of(Watermark(timestamp_ms(9)))));
  for (std::size_t target = 0; target < 2; ++target) {
    EXPECT_EQ(edge.receive(target)->kind, Element::Kind::kBatch);
    const auto sign = edge.receive(target);
    ASSERT_TRUE(sign);
    EXPECT_EQ(sign->kind, Element::Kind::kWatermark);
    EXPECT_EQ(sign->watermark, Watermark(timestamp_ms(9)));
  }
}

TEST(EdgeWriter, SendsABarrierToEveryTargetBehindTheRecordsBeforeIt) {
  for (const Partitioning partitioning : {Partitioning::kHash, Partitioning::kRebalance, Partitioning::kBroadcast}) {
    Edge edge(partitioning, 2, 64);
    std::vector<int> all;
    for (int i = 0; i < 20; ++i) all.push_back(i);
    ASSERT_TRUE(edge.writer->offer(edge.batch(all)));
    ASSERT_TRUE(edge.writer->offer(Element::of(CheckpointId(7))));
    for (std::size_t target = 0; target < 2; ++target) {
      auto sign = edge.receive(target);
      if (sign->kind == Element::Kind::kBatch) sign = edge.receive(target);
      ASSERT_TRUE(sign);
      EXPECT_EQ(sign->kind, Element::Kind::kBarrier);
      EXPECT_EQ(sign->checkpoint, CheckpointId(7));
      EXPECT_FALSE(edge.receive(target));
    }
  }
}

/// A port that counts the records that the batches it made can hold.
class CountingPort final : public OutputBase {
 public:
  using OutputBase::make_batch;
  using OutputBase::OutputBase;
  BatchPtr make_batch(std::size_t capacity) const override {
    made += capacity;
    return std::make_unique<Batch<int>>(capacity);
  }
  mutable std::size_t made = 0;
};

/// How many records the builders of an edge can hold after `batch` has gone into it.
std::size_t built(std::size_t targets, const std::vector<int>& batch) {
  ReadySet ready(2);
  std::vector<std::unique_ptr<Channel>> channels;
  std::vector<Channel*> views;
  for (std::size_t i = 0; i < targets; ++i) {
    channels.push_back(std::make_unique<Channel>(2, 1, TaskSignal{&ready, 0}, TaskSignal{&ready, 1}));
    views.push_back(channels.back().get());
  }
  PlanEdge edge;
  edge.partitioning = Partitioning::kHash;
  edge.hash_keys = [](BatchBase& records) {
    for (std::size_t i = 0; i < records.size(); ++i)
      records.hashes()[i] = hash_key(static_cast<Batch<int>&>(records)[i]);
  };
  CountingPort port(1024);
  EdgeWriter writer(edge, port, views, 32'768);
  auto records = std::make_unique<Batch<int>>(1024);
  for (const int value : batch) records->push(value, kNoTimestamp);
  while (!writer.offer(Element::of(std::move(records)))) {
  }
  return port.made;
}

TEST(EdgeWriter, MakesBuildersOnlyForTargetsThatGetRecords) {
  EXPECT_EQ(built(8, {}), 0U);
  EXPECT_EQ(built(8, {1, 1, 1}), 1024U);
}

TEST(EdgeWriter, HoldsNoMoreForManyTargetsThanForSome) {
  std::vector<int> all;
  for (int i = 0; i < 1000; ++i) all.push_back(i);
  EXPECT_LE(built(16, all), 16U * 1024);
  EXPECT_LE(built(64, all), 16U * 1024);
  EXPECT_LE(built(512, all), 16U * 1024);
}

TEST(EdgeWriter, OnASideLaneSendsRecordsButLeavesSignsToLaneZero) {
  Edge edge(Partitioning::kHash, 2, 64, 1);
  ASSERT_TRUE(edge.writer->offer(edge.batch({1, 2, 3, 4, 5, 6, 7, 8})));
  ASSERT_TRUE(edge.writer->offer(Element::of(Watermark(timestamp_ms(9)))));
  for (std::size_t target = 0; target < 2; ++target) {
    const auto batch = edge.receive(target);
    ASSERT_TRUE(batch);
    EXPECT_EQ(batch->lane, 1);
    EXPECT_FALSE(edge.receive(target));
  }
}

TEST(EdgeWriter, BroadcastsEveryRecordToEveryTarget) {
  Edge edge(Partitioning::kBroadcast, 3);
  ASSERT_TRUE(edge.writer->offer(edge.batch({1, 2, 3})));
  for (std::size_t target = 0; target < 3; ++target)
    EXPECT_EQ(Edge::values(*edge.receive(target)), (std::vector<int>{1, 2, 3}));
}

TEST(EdgeWriter, GoesOnWithABroadcastWhereItStopped) {
  Edge edge(Partitioning::kBroadcast, 2);
  ASSERT_TRUE(edge.writer->offer(edge.batch({1})));
  ASSERT_TRUE(edge.writer->offer(edge.batch({2})));
  edge.receive(0);
  edge.receive(0);
  EXPECT_FALSE(edge.writer->offer(edge.batch({3})));
  edge.receive(1);
  EXPECT_TRUE(edge.writer->advance());
  EXPECT_EQ(Edge::values(*edge.receive(0)), std::vector<int>{3});
  EXPECT_FALSE(edge.receive(0));
}

TEST(EdgeWriter, GivesBatchesToTargetsInTurnAndPassesOverAFullOne) {
  Edge edge(Partitioning::kRebalance, 2);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(edge.writer->offer(edge.batch({i})));
  EXPECT_EQ(Edge::values(*edge.receive(0)), std::vector<int>{0});
  EXPECT_TRUE(edge.writer->offer(edge.batch({4})));
  EXPECT_FALSE(edge.writer->offer(edge.batch({5})));
  EXPECT_EQ(Edge::values(*edge.receive(1)), std::vector<int>{1});
  EXPECT_TRUE(edge.writer->advance());
}

TEST(Channel, SignalsAProducerThatFoundItFull) {
  ReadySet ready(2);
  Channel channel(1, 1, {&ready, 0}, {&ready, 1});
  Element element = Element::of(Watermark(timestamp_ms(1)));
  ASSERT_TRUE(channel.push(element));
  ready.take([](std::size_t) {});
  element = Element::of(Watermark(timestamp_ms(2)));
  ASSERT_FALSE(channel.push(element));
  std::vector<std::size_t> woken;
  ready.take([&](std::size_t task) { woken.push_back(task); });
  EXPECT_TRUE(woken.empty());
  Element received;
  ASSERT_TRUE(channel.pop(received));
  ready.take([&](std::size_t task) { woken.push_back(task); });
  EXPECT_EQ(woken, std::vector<std::size_t>{0});
}

}  // namespace
}  // namespace weir::runtime
