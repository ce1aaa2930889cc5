#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/connectors/nexmark/generator.h"

namespace weir::nexmark {
namespace {

class NexmarkBid : public testing::Test {
 protected:
  static constexpr std::int64_t kEvents = 500'000;

  static GeneratorConfig config() {
    GeneratorConfig config;
    config.seed = 7;
    config.base_time = timestamp_ms(1'700'000'000'000);
    config.max_events = kEvents;
    return config;
  }

  /// Calls f(k, id) for every bid from position `from` on.
  template <class F>
  void for_each_bid(std::int64_t from, F f) {
    for (std::int64_t k = from; k < kEvents; ++k)
      if (generator_.kind(k) == EventKind::kBid) f(k, generator_.event_id(k));
  }

  static void expect_share(std::int64_t part, std::int64_t of, double share) {
    const auto n = static_cast<double>(of);
    EXPECT_NEAR(static_cast<double>(part), share * n, 5 * std::sqrt(n * share * (1 - share)) + 1);
  }

  Generator generator_{config(), 0};
  Arena arena_;
};

TEST_F(NexmarkBid, HasTheSameNumbersWithAndWithoutTexts) {
  for_each_bid(kEvents - 5'000, [&](std::int64_t k, std::int64_t) {
    const BidNumbers numbers = generator_.bid_numbers(k);
    const Bid whole = generator_.bid(k, arena_);
    EXPECT_EQ(whole.auction, numbers.auction);
    EXPECT_EQ(whole.bidder, numbers.bidder);
    EXPECT_EQ(whole.price, numbers.price);
    EXPECT_EQ(whole.date_time, numbers.date_time);
    EXPECT_EQ(whole.date_time, generator_.timestamp(k));
  });
}

TEST_F(NexmarkBid, NamesTheHotAuctionHalfOfTheTimeElseOneInFlightOrAFewToCome) {
  std::int64_t bids = 0, hot = 0;
  std::map<std::int64_t, std::int64_t> cold;  // by distance from the last auction
  for_each_bid(10'000, [&](std::int64_t k, std::int64_t id) {
    const std::int64_t auction = generator_.bid_numbers(k).auction - 1'000;
    const std::int64_t last = last_auction(id);
    ++bids;
    if (auction == last / 100 * 100)
      ++hot;
    else
      ++cold[auction - last];
  });
  // One cold draw in 111 hits the hot auction by chance.
  expect_share(hot, bids, 0.5 + 0.5 / 111);
  EXPECT_EQ(cold.begin()->first, -100);
  EXPECT_EQ(cold.rbegin()->first, 10);
  EXPECT_EQ(cold.size(), 111u);
  for (const auto& [distance, count] : cold) {
    if (distance > 0) expect_share(count, bids, 0.5 / 111);
  }
}

TEST_F(NexmarkBid, NamesOnlyTheFewAuctionsThereAreAtTheBeginning) {
  std::set<std::int64_t> auctions;
  for_each_bid(0, [&](std::int64_t k, std::int64_t id) {
    if (last_auction(id) == 2) auctions.insert(generator_.bid_numbers(k).auction);
  });
  EXPECT_GE(*auctions.begin(), 1'000);
  EXPECT_LE(*auctions.rbegin(), 1'012);
  EXPECT_GT(auctions.size(), 5u);
}

TEST_F(NexmarkBid, NamesTheHotBidderThreeTimesOfFourElseAnActivePersonOrAFewToCome) {
  std::int64_t bids = 0, hot = 0, lowest = 0, highest = -1'000'000;
  for_each_bid(100'000, [&](std::int64_t k, std::int64_t id) {
    const std::int64_t bidder = generator_.bid_numbers(k).bidder - 2'000;
    const std::int64_t last = last_person(id);
    ++bids;
    if (bidder == last / 100 * 100 + 1) {
      ++hot;
    } else {
      lowest = std::min(lowest, bidder - last);
      highest = std::max(highest, bidder - last);
    }
  });
  expect_share(hot, bids, 0.75 + 0.25 / 1'010);
  EXPECT_EQ(lowest, -999);
  EXPECT_EQ(highest, 10);
}

TEST_F(NexmarkBid, AddsOneThousandTwiceToTheBidder) {
  std::int64_t lowest = 1'000'000;
  for_each_bid(0, [&](std::int64_t k, std::int64_t) { lowest = std::min(lowest, generator_.bid_numbers(k).bidder); });
  EXPECT_EQ(lowest, 2'000);
}

TEST_F(NexmarkBid, ChoosesAuctionBidderAndPriceIndependently) {
  std::array<std::array<std::int64_t, 2>, 2> hot{};
  std::array<std::int64_t, 2> dear_if_hot{};
  for_each_bid(0, [&](std::int64_t k, std::int64_t id) {
    const BidNumbers bid = generator_.bid_numbers(k);
    const bool hot_auction = bid.auction == last_auction(id) / 100 * 100 + 1'000;
    const bool hot_bidder = bid.bidder == last_person(id) / 100 * 100 + 2'001;
    ++hot[hot_auction][hot_bidder];
    if (hot_auction) ++dear_if_hot[bid.price > 100'000];
  });
  expect_share(hot[1][1], hot[1][0] + hot[1][1], 0.751);
  expect_share(hot[0][1], hot[0][0] + hot[0][1], 0.751);
  expect_share(dear_if_hot[1], dear_if_hot[0] + dear_if_hot[1], 0.5);
}

TEST_F(NexmarkBid, ComesThroughOneOfFourHotChannelsHalfOfTheTimeElseOneOfTenThousand) {
  std::map<std::string, std::int64_t> channels;
  std::int64_t bids = 0;
  for_each_bid(0, [&](std::int64_t k, std::int64_t) {
    ++bids;
    ++channels[std::string(generator_.bid(k, arena_).channel.view())];
    arena_.clear();
  });
  std::int64_t hot = 0;
  for (const char* name : {"Google", "Facebook", "Baidu", "Apple"}) {
    expect_share(channels[name], bids, 0.125);
    hot += channels[name];
    channels.erase(name);
  }
  expect_share(hot, bids, 0.5);
  // 230 000 draws of 10 000 leave none out.
  EXPECT_EQ(channels.size(), 10'000u);
  for (const int n : {0, 1, 4'711, 9'999}) EXPECT_EQ(channels.count("channel-" + std::to_string(n)), 1u);
}

TEST_F(NexmarkBid, HasOneUrlForEachChannelWhateverTheSeed) {
  GeneratorConfig other = config();
  other.seed = 8;
  std::map<std::string, std::string> urls;
  for (const Generator& generator : {generator_, Generator(other, 0)}) {
    for (std::int64_t k = 0; k < 200'000; ++k) {
      if (generator.kind(k) != EventKind::kBid) continue;
      const Bid bid = generator.bid(k, arena_);
      arena_.clear();
      const auto known = urls.emplace(bid.channel.view(), bid.url.view()).first;
      ASSERT_EQ(known->second, bid.url.view()) << bid.channel.view();
    }
  }
  std::set<std::string> different;
  std::int64_t with_channel_id = 0;
  for (const auto& [channel, url] : urls) {
    different.insert(url);
    ASSERT_THAT(url, testing::MatchesRegex("https://www\\.nexmark\\.com/[a-z_]+/[a-z_]+/[a-z_]+/item\\.htm\\?query=1"
                                           "(&channel_id=[0-9]+)?"));
    const bool has_id = url.find("&channel_id=") != std::string::npos;
    if (has_id) ++with_channel_id;
    if (channel.find('-') == std::string::npos) {
      EXPECT_FALSE(has_id) << channel;
    }
  }
  EXPECT_GT(different.size(), 9'990u);
  expect_share(with_channel_id, 10'000, 0.9);
}

TEST_F(NexmarkBid, WritesTheChannelsNumberBackwardsIntoItsUrl) {
  std::map<std::string, std::string> urls;
  for_each_bid(0, [&](std::int64_t k, std::int64_t) {
    const Bid bid = generator_.bid(k, arena_);
    urls.emplace(bid.channel.view(), bid.url.view());
    arena_.clear();
  });
  int seen = 0;
  // Bit 1 of 2 becomes bit 30; 3 also has the sign bit: -2^31 + 2^30; 255 reversed is 0xff000000.
  for (const auto& [channel, id] : std::map<std::string, std::string>{
           {"channel-2", "1073741824"}, {"channel-3", "1073741824"}, {"channel-255", "16777216"}}) {
    const std::string& url = urls[channel];
    if (url.find("&channel_id=") == std::string::npos) continue;
    EXPECT_THAT(url, testing::EndsWith("&channel_id=" + id));
    ++seen;
  }
  EXPECT_GE(seen, 2);
}

TEST_F(NexmarkBid, IsPaddedWith54To81LettersEachEquallyOften) {
  std::map<std::size_t, std::int64_t> lengths;
  std::array<std::int64_t, 26> letters{};
  std::int64_t bids = 0, all = 0;
  for_each_bid(kEvents / 2, [&](std::int64_t k, std::int64_t) {
    const Bid bid = generator_.bid(k, arena_);
    ++bids;
    ++lengths[bid.extra.size()];
    for (const char c : bid.extra.view()) {
      ASSERT_TRUE(c >= 'a' && c <= 'z') << bid.extra.view();
      ++letters[static_cast<std::size_t>(c - 'a')];
      ++all;
    }
    arena_.clear();
  });
  EXPECT_EQ(lengths.begin()->first, 54u);
  EXPECT_EQ(lengths.rbegin()->first, 81u);
  EXPECT_EQ(lengths.size(), 28u);
  for (const auto& [length, count] : lengths) expect_share(count, bids, 1.0 / 28);
  for (const std::int64_t count : letters)
    EXPECT_NEAR(static_cast<double>(count), static_cast<double>(all) / 26, static_cast<double>(all) / 26 / 100);
}

}  // namespace
}  // namespace weir::nexmark
