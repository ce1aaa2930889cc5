#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "weir/connectors/nexmark/bid_cursor.h"

namespace weir::nexmark {
namespace {

GeneratorConfig config_of(std::int64_t max_events, std::uint32_t generators = 1, std::int64_t group = 1) {
  GeneratorConfig config;
  config.seed = 11;
  config.base_time = timestamp_ms(1'700'000'000'000);
  config.rate = 7'777;
  config.max_events = max_events;
  config.generators = generators;
  config.out_of_order_group = group;
  return config;
}

/// What the generator itself gives for positions [from, to).
std::vector<BidNumbers> walked(const Generator& generator, std::int64_t from, std::int64_t to) {
  std::vector<BidNumbers> bids;
  for (std::int64_t k = from; k < to; ++k)
    if (generator.kind(k) == EventKind::kBid) bids.push_back(generator.bid_numbers(k));
  return bids;
}

/// What a cursor gives, `n` bids a call; checks the timestamps.
std::vector<BidNumbers> drained(BidCursor& cursor, std::size_t n) {
  std::vector<BidNumbers> bids, some(n);
  std::vector<Timestamp> timestamps(n);
  while (const std::size_t count = cursor.fill(some.data(), timestamps.data(), n)) {
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_EQ(timestamps[i], some[i].date_time);
      bids.push_back(some[i]);
    }
  }
  return bids;
}

TEST(BidCursor, GivesTheGeneratorsBidsInOrderWhateverTheSizeOfACall) {
  const Generator generator(config_of(10'000), 0);
  const std::vector<BidNumbers> expected = walked(generator, 0, 10'000);
  ASSERT_EQ(expected.size(), 9'200u);
  for (const std::size_t n : {1, 7, 46, 1'000, 20'000}) {
    BidCursor cursor(generator);
    EXPECT_EQ(drained(cursor, n), expected) << n;
    EXPECT_EQ(cursor.position(), cursor.end());
  }
}

TEST(BidCursor, FillsAsManyAsAskedForUntilTheEnd) {
  const Generator generator(config_of(200), 0);
  BidCursor cursor(generator);
  std::vector<BidNumbers> bids(100);
  std::vector<Timestamp> timestamps(100);
  EXPECT_EQ(cursor.fill(bids.data(), timestamps.data(), 100), 100u);
  EXPECT_EQ(cursor.fill(bids.data(), timestamps.data(), 100), 84u);
  EXPECT_EQ(cursor.fill(bids.data(), timestamps.data(), 100), 0u);
}

TEST(BidCursor, GivesEachBidOnceWhenItsRangeIsSplitAnywhere) {
  const Generator generator(config_of(300), 0);
  const std::vector<BidNumbers> expected = walked(generator, 0, 300);
  for (std::int64_t cut = 0; cut <= 300; ++cut) {
    BidCursor before(generator, 0, cut);
    BidCursor after(generator, cut, 300);
    std::vector<BidNumbers> bids = drained(before, 13);
    const std::vector<BidNumbers> rest = drained(after, 13);
    bids.insert(bids.end(), rest.begin(), rest.end());
    ASSERT_EQ(bids, expected) << cut;
  }
}

TEST(BidCursor, GoesOnAtAPositionItWasAskedFor) {
  const Generator generator(config_of(5'000), 0);
  BidCursor reader(generator);
  std::vector<BidNumbers> bids(777);
  std::vector<Timestamp> timestamps(777);
  reader.fill(bids.data(), timestamps.data(), bids.size());
  const std::int64_t position = reader.position();
  const std::vector<BidNumbers> rest = drained(reader, 64);

  BidCursor resumed(generator);
  resumed.seek(position);
  EXPECT_EQ(drained(resumed, 100), rest);
  EXPECT_EQ(walked(generator, position, 5'000), rest);

  resumed.seek(0);
  EXPECT_EQ(drained(resumed, 100), walked(generator, 0, 5'000));
}

TEST(BidCursor, ReadsAFarPositionWithoutItsPredecessors) {
  const Generator generator(config_of(0), 0);
  constexpr std::int64_t kFar = 300'000'000'000'000;
  BidCursor cursor(generator, kFar, kFar + 1'000);
  EXPECT_EQ(drained(cursor, 100), walked(generator, kFar, kFar + 1'000));
}

TEST(BidCursor, GivesTheBidsOfEveryGenerator) {
  const GeneratorConfig config = config_of(10'007, 3);
  std::size_t bids = 0;
  for (std::uint32_t index = 0; index < 3; ++index) {
    const Generator generator(config, index);
    BidCursor cursor(generator);
    const std::vector<BidNumbers> given = drained(cursor, 100);
    EXPECT_EQ(given, walked(generator, 0, generator.events()));
    bids += given.size();
  }
  const Generator all(config_of(10'007), 0);
  EXPECT_EQ(bids, walked(all, 0, 10'007).size());
}

TEST(BidCursor, GivesShuffledGroupsAsTheGeneratorDoes) {
  const Generator generator(config_of(10'000, 1, 1'000), 0);
  BidCursor cursor(generator);
  const std::vector<BidNumbers> bids = drained(cursor, 100);
  EXPECT_EQ(bids, walked(generator, 0, 10'000));
  EXPECT_FALSE(std::is_sorted(bids.begin(), bids.end(),
                              [](const BidNumbers& a, const BidNumbers& b) { return a.date_time < b.date_time; }));
}

TEST(BidCursor, GivesWholeBidsToo) {
  const Generator generator(config_of(3'000), 0);
  BidCursor cursor(generator);
  Arena arena;
  Arena other;
  std::vector<Bid> bids(3'000);
  std::vector<Timestamp> timestamps(3'000);
  const std::size_t count = cursor.fill(bids.data(), timestamps.data(), bids.size(), arena);
  ASSERT_EQ(count, 2'760u);
  std::size_t i = 0;
  for (std::int64_t k = 0; k < 3'000; ++k) {
    if (generator.kind(k) != EventKind::kBid) continue;
    const Bid expected = generator.bid(k, other);
    ASSERT_EQ(timestamps[i], expected.date_time);
    ASSERT_EQ(bids[i].auction, expected.auction);
    ASSERT_EQ(bids[i].bidder, expected.bidder);
    ASSERT_EQ(bids[i].price, expected.price);
    ASSERT_EQ(bids[i].channel, expected.channel);
    ASSERT_EQ(bids[i].url, expected.url);
    ASSERT_EQ(bids[i].extra, expected.extra);
    ++i;
  }
  EXPECT_EQ(i, count);
}

}  // namespace
}  // namespace weir::nexmark
