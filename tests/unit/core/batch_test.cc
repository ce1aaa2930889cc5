#include "weir/core/batch.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "weir/core/fields.h"
#include "weir/core/text.h"

namespace weir {
namespace {

template <class T>
std::vector<T> values(const Batch<T>& batch) {
  return {batch.values(), batch.values() + batch.size()};
}

TEST(Batch, KeepsRecordsWithTheirTimestampsAndHashes) {
  Batch<int> batch(2);
  EXPECT_TRUE(batch.empty());
  batch.push(1, timestamp_ms(10), 100);
  EXPECT_FALSE(batch.full());
  batch.push(2, timestamp_ms(20), 200);
  EXPECT_TRUE(batch.full());
  EXPECT_EQ(values(batch), (std::vector<int>{1, 2}));
  EXPECT_EQ(batch.timestamps()[1], timestamp_ms(20));
  EXPECT_EQ(batch.hashes()[1], 200U);
  batch.clear();
  EXPECT_TRUE(batch.empty());
}

TEST(Batch, ScattersUntilABuilderIsFullAndGoesOnFromThere) {
  Batch<int> batch(8);
  for (int i = 0; i < 6; ++i) batch.push(i, timestamp_ms(i * 10), static_cast<std::uint64_t>(i) * 100);
  const std::uint16_t targets[] = {0, 1, 0, 1, 1, 0};
  Batch<int> first(8);
  Batch<int> second(2);
  BatchBase* builders[] = {&first, &second};
  EXPECT_EQ(batch.scatter(0, targets, builders), 4U) << "record 3 made the second builder full";
  EXPECT_EQ(values(second), (std::vector<int>{1, 3}));
  second.clear();
  EXPECT_EQ(batch.scatter(4, targets, builders), 6U);
  EXPECT_EQ(values(first), (std::vector<int>{0, 2, 5}));
  EXPECT_EQ(values(second), std::vector<int>{4});
  EXPECT_EQ(first.timestamps()[2], timestamp_ms(50));
  EXPECT_EQ(first.hashes()[2], 500U);
}

TEST(Batch, CopiesUntilTheTargetIsFullAndKeepsItsOwnRecords) {
  Batch<std::string> batch(4);
  for (const char* word : {"a", "b", "c"}) batch.push(word, timestamp_ms(7), 70);
  Batch<std::string> target(2);
  EXPECT_EQ(batch.copy_to(0, target), 2U);
  EXPECT_EQ(values(target), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(target.timestamps()[1], timestamp_ms(7));
  EXPECT_EQ(target.hashes()[1], 70U);
  target.clear();
  EXPECT_EQ(batch.copy_to(2, target), 3U);
  EXPECT_EQ(values(target), std::vector<std::string>{"c"});
  EXPECT_EQ(values(batch), (std::vector<std::string>{"a", "b", "c"}));
}

TEST(Batch, LetsRecordsBeFilledInBehindTheOthers) {
  Batch<int> batch(3);
  batch.push(1, timestamp_ms(10));
  std::size_t room_given = 0;
  EXPECT_EQ(batch.fill([&](int* into, Timestamp* timestamps, std::size_t room) {
    room_given = room;
    into[0] = 2;
    timestamps[0] = timestamp_ms(20);
    return std::size_t{1};
  }),
            1U);
  EXPECT_EQ(room_given, 2U);
  batch.push(3, timestamp_ms(30));
  EXPECT_EQ(values(batch), (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(batch.timestamps()[1], timestamp_ms(20));
}

TEST(Batch, MovesRecordsWithinItselfWithTheirTimestampsAndHashes) {
  Batch<std::string> batch(4);
  for (int i = 0; i < 4; ++i) batch.push(std::to_string(i), timestamp_ms(i), static_cast<std::uint64_t>(i));
  batch.move_within(1, 1);
  batch.move_within(3, 0);
  batch.truncate(2);
  EXPECT_EQ(values(batch), (std::vector<std::string>{"3", "1"}));
  EXPECT_EQ(batch.timestamps()[0], timestamp_ms(3));
  EXPECT_EQ(batch.hashes()[0], 3U);
}

struct Tagged {
  Text text;
  int number = 0;
};
WEIR_FIELDS(Tagged, text, number);

TEST(Batch, CarriesTextsAlongSoThatTheyOutliveWhereTheyCameFrom) {
  Batch<Tagged> target(4);
  Batch<Tagged> copied(4);
  {
    Batch<Tagged> batch(4);
    {
      const std::string word = "a text that lives only for now";
      batch.push(Tagged{Text(word), 1}, kNoTimestamp);
    }
    EXPECT_EQ(batch[0].text.view(), "a text that lives only for now");
    batch.copy_to(0, copied);
    const std::uint16_t targets[] = {0};
    BatchBase* builders[] = {&target};
    batch.scatter(0, targets, builders);
    EXPECT_NE(target[0].text.data(), batch[0].text.data());
    batch.clear();
    batch.push(Tagged{Text(std::string(30, '#')), 2}, kNoTimestamp);
  }
  EXPECT_EQ(target[0].text.view(), "a text that lives only for now");
  EXPECT_EQ(copied[0].text.view(), "a text that lives only for now");
}

TEST(Batch, IsFullOnceItHoldsEnoughText) {
  Batch<Text> batch(1000);
  const std::string line(BatchBase::kTextLimit, 'x');
  batch.push(Text("short"), kNoTimestamp);
  EXPECT_FALSE(batch.full());
  batch.push(Text(line), kNoTimestamp);
  EXPECT_TRUE(batch.full());
  batch.clear();
  EXPECT_FALSE(batch.full());
}

TEST(Batch, MakesEmptyOnesLikeItself) {
  Batch<std::string> batch(3);
  batch.push("a", kNoTimestamp);
  const BatchPtr other = batch.make_empty();
  EXPECT_TRUE(other->empty());
  EXPECT_EQ(other->capacity(), 3U);
  EXPECT_NE(dynamic_cast<Batch<std::string>*>(other.get()), nullptr);
}

/// Counts how many live.
struct Counted {
  Counted() { ++alive; }
  Counted(const Counted&) { ++alive; }
  Counted(Counted&&) noexcept { ++alive; }
  Counted& operator=(const Counted&) = default;
  Counted& operator=(Counted&&) = default;
  ~Counted() { --alive; }
  static inline int alive = 0;
};

TEST(Batch, DestroysEveryRecordOnceHoweverOftenItWasFilled) {
  {
    Batch<Counted> batch(4);
    for (int i = 0; i < 3; ++i) batch.push(Counted{}, kNoTimestamp);
    batch.clear();
    EXPECT_EQ(Counted::alive, 3) << "values stay for the next filling";
    for (int i = 0; i < 4; ++i) batch.push(Counted{}, kNoTimestamp);
    EXPECT_EQ(Counted::alive, 4);
  }
  EXPECT_EQ(Counted::alive, 0);
}

}  // namespace
}  // namespace weir
