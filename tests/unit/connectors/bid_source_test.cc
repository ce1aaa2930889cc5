#include "weir/connectors/nexmark/bid_source.h"

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/connectors/nexmark/bid_cursor.h"
#include "weir/core/error.h"

#include "source_task.h"

namespace weir::connectors {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr std::int64_t kBlock = 8192;
constexpr std::uint32_t kSplits = 3;

/// Two blocks for two of the splits, a part of one for the third.
nexmark::GeneratorConfig config() {
  nexmark::GeneratorConfig config;
  config.max_events = 4 * kBlock + 100;
  return config;
}

/// What a bid is known by.
std::string text(const nexmark::BidNumbers& bid, Timestamp timestamp) {
  return fmt::format("{}/{}/{}/{}", bid.auction, bid.bidder, bid.price, to_ms(timestamp));
}

std::multiset<std::string> all_bids() {
  const nexmark::Generator generator(config(), 0);
  nexmark::BidCursor cursor(generator);
  std::multiset<std::string> bids;
  nexmark::BidNumbers bid{};
  Timestamp timestamp{};
  while (cursor.fill(&bid, &timestamp, 1) == 1) bids.insert(text(bid, timestamp));
  return bids;
}

struct Reading {
  Reading(sim::World& world, std::size_t batch_size)
      : task(
            world, nexmark_bids(config(), kSplits),
            [this](const nexmark::BidNumbers& bid, Timestamp timestamp) { bids.insert(text(bid, timestamp)); },
            batch_size) {}

  std::multiset<std::string> bids;
  SourceTask<nexmark::BidNumbers> task;
};

TEST(BidSource, GoesOnFromThePositionsOfAnEarlierReaderWhereverItStopped) {
  const auto expected = all_bids();
  // Batches that end with a block, and others.
  for (const std::size_t batch_size : {1U, 2U, 46U, 1000U}) {
    std::size_t at_ends_of_blocks = 0;
    for (std::size_t stop = 1; stop <= 16; ++stop) {
      sim::World world(1);
      Reading first(world, batch_size);
      for (std::uint32_t s = 0; s < kSplits; ++s) first.task.assign({std::to_string(s), ""});
      first.task.no_more_splits();
      std::size_t ends = 0;
      const auto stopped = [&] {
        // In the neighbourhood of the end of a block, or after some batches.
        const std::size_t bids = first.bids.size();
        ends += bids > 0 && bids % 7536 < 46 * kSplits ? 1 : 0;
        return ends >= stop || bids >= stop * 2000;
      };
      while (!stopped() && !first.task.exhausted()) first.task.step();
      const std::vector<Split> splits = first.task.reader().splits();
      for (const Split& split : splits) {
        const std::int64_t position = std::stoll(split.position);
        at_ends_of_blocks += position % kBlock == 0 ? 1 : 0;
      }

      Reading second(world, 1000);
      for (const Split& split : splits) second.task.assign(split);
      second.task.no_more_splits();
      while (!second.task.exhausted()) second.task.step();
      second.bids.merge(first.bids);
      ASSERT_EQ(second.bids, expected) << "batch size " << batch_size << ", stop " << stop;
    }
    EXPECT_GT(at_ends_of_blocks, 0U);
  }
}

TEST(BidSource, HasItsPositionsInItsOwnBlocksOnly) {
  sim::World world(1);
  Reading reading(world, 1);
  for (std::uint32_t s = 0; s < kSplits; ++s) reading.task.assign({std::to_string(s), ""});
  reading.task.no_more_splits();
  while (!reading.task.exhausted()) {
    reading.task.step();
    const std::vector<Split> splits = reading.task.reader().splits();
    for (std::int64_t s = 0; s < static_cast<std::int64_t>(splits.size()); ++s) {
      const std::int64_t position = std::stoll(splits[s].position);
      if (position < config().max_events) {
        ASSERT_EQ(position / kBlock % kSplits, s) << position;
      }
    }
  }
}

TEST(BidSource, RefusesPositionsThatAreNotItsOwn) {
  sim::World world(1);
  for (const Split& split : {Split{"x", ""}, Split{"0", "8192"}, Split{"7", ""}, Split{"0", "x"}}) {
    Reading reading(world, 16);
    reading.task.assign(split);
    EXPECT_THAT(message_of<CorruptionError>([&] { reading.task.step(); }), HasSubstr("'" + split.id + "'"));
  }
}

}  // namespace
}  // namespace weir::connectors
