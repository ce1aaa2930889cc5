#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/connectors/nexmark/generator.h"

namespace weir::nexmark {
namespace {

class NexmarkAuction : public testing::Test {
 protected:
  static constexpr std::int64_t kEvents = 1'000'000;

  /// At 1000 events a second the horizon of 1666 events is 1666 ms.
  static GeneratorConfig config() {
    GeneratorConfig config;
    config.seed = 5;
    config.base_time = timestamp_ms(1'700'000'000'000);
    config.rate = 1'000;
    config.max_events = kEvents;
    return config;
  }

  template <class F>
  void for_each_auction(std::int64_t from, F f) {
    for (std::int64_t k = from; k < kEvents; ++k) {
      if (generator_.kind(k) != EventKind::kAuction) continue;
      f(generator_.auction(k, arena_), generator_.event_id(k));
      arena_.clear();
    }
  }

  Generator generator_{config(), 0};
  Arena arena_;
};

TEST_F(NexmarkAuction, IsSoldByTheHotSellerThreeTimesOfFour) {
  std::int64_t auctions = 0, hot = 0, lowest = 0, highest = -1'000'000;
  for_each_auction(100'000, [&](const Auction& auction, std::int64_t id) {
    const std::int64_t seller = auction.seller - 1'000;
    const std::int64_t last = last_person(id);
    ++auctions;
    if (seller == last / 100 * 100) {
      ++hot;
    } else {
      lowest = std::min(lowest, seller - last);
      highest = std::max(highest, seller - last);
    }
  });
  const auto n = static_cast<double>(auctions);
  EXPECT_NEAR(static_cast<double>(hot), 0.75 * n, 5 * std::sqrt(n * 0.75 * 0.25));
  EXPECT_EQ(lowest, -999);
  EXPECT_EQ(highest, 10);
}

TEST_F(NexmarkAuction, IsInOneOfFiveCategoriesAndReservesMoreThanItsInitialBid) {
  std::map<std::int64_t, std::int64_t> categories;
  std::int64_t auctions = 0;
  for_each_auction(0, [&](const Auction& auction, std::int64_t) {
    ++auctions;
    ++categories[auction.category];
    ASSERT_GE(auction.initial_bid, 100);
    ASSERT_LE(auction.initial_bid, 100'000'000);
    ASSERT_GE(auction.reserve, auction.initial_bid + 100);
    ASSERT_LE(auction.reserve, auction.initial_bid + 100'000'000);
  });
  ASSERT_EQ(categories.size(), 5u);
  EXPECT_EQ(categories.begin()->first, 10);
  EXPECT_EQ(categories.rbegin()->first, 14);
  for (const auto& [category, count] : categories) EXPECT_NEAR(count, auctions / 5, 500) << category;
}

TEST_F(NexmarkAuction, ExpiresOnAverageWhenTheAuctionsInFlightAreReplaced) {
  std::int64_t auctions = 0, sum = 0, shortest = 1'000'000, longest = 0;
  for_each_auction(0, [&](const Auction& auction, std::int64_t) {
    const std::int64_t lasts = (auction.expires - auction.date_time).count();
    ++auctions;
    sum += lasts;
    shortest = std::min(shortest, lasts);
    longest = std::max(longest, lasts);
  });
  EXPECT_EQ(shortest, 1);
  EXPECT_EQ(longest, 2 * 1'666);
  EXPECT_NEAR(static_cast<double>(sum) / static_cast<double>(auctions), 1'666.5, 20);
}

TEST_F(NexmarkAuction, HasNamesOf3To19AndDescriptionsOf3To99CharactersWithSpacesButNotAtTheirEnds) {
  std::size_t shortest_name = 1'000, longest_name = 0, longest_description = 0;
  std::int64_t characters = 0, spaces = 0;
  for_each_auction(0, [&](const Auction& auction, std::int64_t) {
    shortest_name = std::min(shortest_name, auction.item_name.size());
    longest_name = std::max(longest_name, auction.item_name.size());
    longest_description = std::max(longest_description, auction.description.size());
    for (const std::string_view text : {auction.item_name.view(), auction.description.view()}) {
      if (text.empty()) continue;
      ASSERT_NE(text.front(), ' ');
      ASSERT_NE(text.back(), ' ');
      if (text.size() < 2) continue;
      for (const char c : text.substr(1, text.size() - 2)) {
        ASSERT_TRUE(c == ' ' || (c >= 'a' && c <= 'z')) << text;
        ++characters;
        if (c == ' ') ++spaces;
      }
    }
  });
  EXPECT_LE(shortest_name, 3u);
  EXPECT_EQ(longest_name, 19u);
  EXPECT_EQ(longest_description, 99u);
  EXPECT_NEAR(static_cast<double>(spaces) / static_cast<double>(characters), 1.0 / 13, 0.003);
}

TEST_F(NexmarkAuction, IsPaddedToFiveHundredBytesOnAverage) {
  std::int64_t auctions = 0;
  double sum = 0;
  for_each_auction(0, [&](const Auction& auction, std::int64_t) {
    const std::size_t size = 48 + auction.item_name.size() + auction.description.size();
    const auto missing = static_cast<double>(500 - size);
    ASSERT_GE(static_cast<double>(auction.extra.size()), missing * 0.8 - 1);
    ASSERT_LE(static_cast<double>(auction.extra.size()), missing * 1.2 + 1);
    sum += static_cast<double>(size + auction.extra.size());
    ++auctions;
  });
  EXPECT_NEAR(sum / static_cast<double>(auctions), 500, 2);
}

TEST_F(NexmarkAuction, MakesPeopleOfKnownNamesPlacesAndForms) {
  std::map<std::string, int> names, cities, states;
  double sum = 0;
  int people = 0;
  for (std::int64_t k = 0; k < kEvents; ++k) {
    if (generator_.kind(k) != EventKind::kPerson) continue;
    const Person person = generator_.person(k, arena_);
    ++people;
    ++names[std::string(person.name.view())];
    ++cities[std::string(person.city.view())];
    ++states[std::string(person.state.view())];
    ASSERT_EQ(person.date_time, generator_.timestamp(k));
    ASSERT_THAT(std::string(person.email_address.view()), testing::MatchesRegex("[a-z ]*@[a-z ]*\\.com"));
    ASSERT_LE(person.email_address.size(), 6u + 1 + 4 + 4);
    ASSERT_THAT(std::string(person.credit_card.view()), testing::MatchesRegex("[0-9]{4} [0-9]{4} [0-9]{4} [0-9]{4}"));
    sum += static_cast<double>(8 + person.name.size() + person.email_address.size() + person.credit_card.size() +
                               person.city.size() + person.state.size() + person.extra.size());
    arena_.clear();
  }
  EXPECT_EQ(people, 20'000);
  EXPECT_EQ(names.size(), 99u);
  EXPECT_EQ(cities.size(), 10u);
  EXPECT_EQ(states.size(), 6u);
  for (const char* state : {"AZ", "CA", "ID", "OR", "WA", "WY"}) EXPECT_NEAR(states[state], people / 6, 300) << state;
  EXPECT_NEAR(sum / people, 200, 2);
}

}  // namespace
}  // namespace weir::nexmark
