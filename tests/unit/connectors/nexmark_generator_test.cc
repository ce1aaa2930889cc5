#include <array>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/connectors/nexmark/generator.h"
#include "weir/core/error.h"

namespace weir::nexmark {
namespace {

constexpr Timestamp kBase = timestamp_ms(1'700'000'000'000);

GeneratorConfig config_of(std::int64_t rate, std::int64_t max_events) {
  GeneratorConfig config;
  config.seed = 42;
  config.base_time = kBase;
  config.rate = rate;
  config.max_events = max_events;
  return config;
}

std::string refusal(const GeneratorConfig& config) {
  try {
    check(config);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(NexmarkGenerator, BeginsWithId2WhichIsAnAuction) {
  const Generator generator(config_of(10'000, 1'000), 0);
  EXPECT_EQ(generator.event_id(0), 2);
  EXPECT_EQ(generator.kind(0), EventKind::kAuction);
  EXPECT_EQ(generator.kind(1), EventKind::kAuction);
  EXPECT_EQ(generator.kind(2), EventKind::kBid);
  EXPECT_EQ(generator.kind(47), EventKind::kBid);
  EXPECT_EQ(generator.kind(48), EventKind::kPerson);
  EXPECT_EQ(generator.kind(49), EventKind::kAuction);
}

TEST(NexmarkGenerator, MakesOnePersonThreeAuctionsAndFortySixBidsOfFiftyEvents) {
  const Generator generator(config_of(10'000, 50'000), 0);
  std::array<int, 3> counts{};
  for (std::int64_t k = 0; k < generator.events(); ++k) ++counts[static_cast<std::size_t>(generator.kind(k))];
  EXPECT_THAT(counts, testing::ElementsAre(1'000, 3'000, 46'000));
}

TEST(NexmarkGenerator, KnowsTheLastAuctionAtEveryEvent) {
  EXPECT_EQ(last_auction(1), 0);        // the first auction
  EXPECT_EQ(last_auction(3), 2);        // the third
  EXPECT_EQ(last_auction(4), 2);        // a bid: all three of its epoch
  EXPECT_EQ(last_auction(49), 2);       // the epoch's last bid
  EXPECT_EQ(last_auction(50), 2);       // a person: still the epoch before
  EXPECT_EQ(last_auction(51), 3);       // the next epoch's first auction
  EXPECT_EQ(last_auction(123), 8);      // epoch 2, a bid
  EXPECT_EQ(last_auction(5'000), 299);  // epoch 100, a person
}

TEST(NexmarkGenerator, KnowsTheLastPersonAtEveryEvent) {
  EXPECT_EQ(last_person(1), 0);
  EXPECT_EQ(last_person(49), 0);
  EXPECT_EQ(last_person(50), 1);
  EXPECT_EQ(last_person(123), 2);
  EXPECT_EQ(last_person(5'000), 100);
}

TEST(NexmarkGenerator, CountsPeopleAndAuctionsFromOneThousandWithoutAGap) {
  const Generator generator(config_of(10'000, 5'000), 0);
  Arena arena;
  std::int64_t next_person = kFirstPersonId + 1;    // person 0 has id 0, before the first event
  std::int64_t next_auction = kFirstAuctionId + 1;  // auction 0 has id 1
  for (std::int64_t k = 0; k < generator.events(); ++k) {
    if (generator.kind(k) == EventKind::kPerson) {
      EXPECT_EQ(generator.person(k, arena).id, next_person++);
    }
    if (generator.kind(k) == EventKind::kAuction) {
      EXPECT_EQ(generator.auction(k, arena).id, next_auction++);
    }
  }
  EXPECT_EQ(next_person, kFirstPersonId + 101);
  EXPECT_EQ(next_auction, kFirstAuctionId + 301);
}

TEST(NexmarkGenerator, SpacesTimestampsByTheRate) {
  const Generator ten_a_ms(config_of(10'000, 1'000), 0);
  EXPECT_EQ(ten_a_ms.timestamp(0), kBase);                    // event number 1: 100 us
  EXPECT_EQ(ten_a_ms.timestamp(8), kBase);                    // 900 us
  EXPECT_EQ(ten_a_ms.timestamp(9), kBase + Duration{1});      // 1000 us
  EXPECT_EQ(ten_a_ms.timestamp(999), kBase + Duration{100});  // 100 000 us

  const Generator three_a_second(config_of(3, 1'000), 0);
  EXPECT_EQ(three_a_second.timestamp(0), kBase + Duration{333});    // 333 333.3 us
  EXPECT_EQ(three_a_second.timestamp(1), kBase + Duration{666});    // 666 666.7 us
  EXPECT_EQ(three_a_second.timestamp(2), kBase + Duration{1'000});  // 1 000 000 us
}

TEST(NexmarkGenerator, SharesOneTimeLineAmongGenerators) {
  GeneratorConfig config = config_of(10'000, 4'000);
  config.generators = 4;
  for (std::uint32_t index = 0; index < 4; ++index) {
    const Generator generator(config, index);
    EXPECT_EQ(generator.timestamp(0), kBase);                    // 400 us
    EXPECT_EQ(generator.timestamp(4), kBase + Duration{2});      // 2000 us
    EXPECT_EQ(generator.timestamp(999), kBase + Duration{400});  // 400 000 us
  }
}

TEST(NexmarkGenerator, PartitionsTheIdsAmongGenerators) {
  for (const std::int64_t group : {1, 7, 100}) {
    GeneratorConfig config = config_of(10'000, 10'003);
    config.generators = 4;
    config.out_of_order_group = group;
    std::set<std::int64_t> ids;
    std::int64_t events = 0;
    for (std::uint32_t index = 0; index < 4; ++index) {
      const Generator generator(config, index);
      EXPECT_EQ(generator.events(), index < 3 ? 2'500 : 2'503);
      for (std::int64_t k = 0; k < generator.events(); ++k) ids.insert(generator.event_id(k));
      events += generator.events();
    }
    EXPECT_EQ(events, 10'003);
    EXPECT_EQ(ids.size(), 10'003u) << "groups of " << group;
    EXPECT_EQ(*ids.begin(), 2);
    EXPECT_EQ(*ids.rbegin(), 10'004);
  }
}

TEST(NexmarkGenerator, ShufflesIdsAndTheirTimesWithinGroups) {
  GeneratorConfig config = config_of(1'000, 1'000);
  config.out_of_order_group = 10;
  const Generator generator(config, 0);
  // Number n goes to 953 n mod 10 = 3 n mod 10 of its group; the first group lacks number 0.
  const std::vector<std::int64_t> numbers = {3, 6, 9, 2, 5, 8, 1, 4, 7, 10, 13, 16, 19, 12, 15, 18, 11, 14, 17};
  for (std::size_t k = 0; k < numbers.size(); ++k) {
    EXPECT_EQ(generator.event_id(static_cast<std::int64_t>(k)), 1 + numbers[k]);
    EXPECT_EQ(generator.timestamp(static_cast<std::int64_t>(k)), kBase + Duration{numbers[k]});
  }
}

TEST(NexmarkGenerator, GivesAnEventTheSameContentInEveryOrder) {
  GeneratorConfig shuffled = config_of(10'000, 1'000);
  shuffled.out_of_order_group = 50;
  const Generator in_order(config_of(10'000, 1'000), 0);
  const Generator out_of_order(shuffled, 0);
  int moved = 0;
  for (std::int64_t k = 0; k < 1'000; ++k) {
    if (out_of_order.kind(k) != EventKind::kBid) continue;
    const std::int64_t sorted = out_of_order.event_id(k) - 2;
    EXPECT_EQ(out_of_order.bid_numbers(k), in_order.bid_numbers(sorted));
    if (sorted != k) ++moved;
  }
  EXPECT_GT(moved, 800);
}

TEST(NexmarkGenerator, MakesTheSameEventsFromTheSameSeedOnly) {
  GeneratorConfig other = config_of(10'000, 1'000);
  other.seed = 43;
  const Generator a(config_of(10'000, 1'000), 0);
  const Generator b(config_of(10'000, 1'000), 0);
  const Generator c(other, 0);
  int same = 0;
  for (std::int64_t k = 2; k < 48; ++k) {
    EXPECT_EQ(a.bid_numbers(k), b.bid_numbers(k));
    if (a.bid_numbers(k) == c.bid_numbers(k)) ++same;
  }
  EXPECT_EQ(same, 0);
}

TEST(NexmarkGenerator, MakesKnownBidsFromSeed42) {
  const Generator generator(config_of(10'000, 0), 0);
  Arena arena;
  const Bid cold = generator.bid(2, arena);
  EXPECT_EQ(cold.auction, 1'001);
  EXPECT_EQ(cold.bidder, 2'002);
  EXPECT_EQ(cold.price, 12'962'919);
  EXPECT_EQ(cold.channel.view(), "channel-1255");
  EXPECT_EQ(cold.url.view(), "https://www.nexmark.com/dyf/meqy/jzo/item.htm?query=1&channel_id=417333248");
  EXPECT_EQ(cold.date_time, kBase);
  EXPECT_EQ(cold.extra.view(), "eoskjwxvmucsclwmtnyhbwqhgppjrpatdlbbtfqtztwklgzupplhrkmbbguru");

  const Bid hot = generator.bid(3, arena);
  EXPECT_EQ(hot.auction, 1'000);
  EXPECT_EQ(hot.bidder, 2'001);
  EXPECT_EQ(hot.price, 122'941);
  EXPECT_EQ(hot.channel.view(), "Facebook");
  EXPECT_EQ(hot.url.view(), "https://www.nexmark.com/xls/_dwu/q_z/item.htm?query=1");

  const Bid late = generator.bid(123'456, arena);
  EXPECT_EQ(late.auction, 8'410);
  EXPECT_EQ(late.bidder, 4'401);
  EXPECT_EQ(late.price, 98'383);
  EXPECT_EQ(late.date_time, kBase + Duration{12'345});
  EXPECT_EQ(late.extra.view(), "hpssexhybqybihpalinbqnssluhjicietzvwcszkeagdpvliuzlboholzjwnxevviczyabqjbsalkqhhq");
}

TEST(NexmarkGenerator, MakesAKnownPersonAndAKnownAuctionFromSeed42) {
  const Generator generator(config_of(10'000, 0), 0);
  Arena arena;
  const Person person = generator.person(48, arena);
  EXPECT_EQ(person.id, 1'001);
  EXPECT_EQ(person.name.view(), "Paul Abrams");
  EXPECT_EQ(person.email_address.view(), "tyju@up.com");
  EXPECT_EQ(person.credit_card.view(), "4879 5809 2982 2075");
  EXPECT_EQ(person.city.view(), "San Francisco");
  EXPECT_EQ(person.state.view(), "CA");
  EXPECT_EQ(person.date_time, kBase + Duration{4});
  EXPECT_EQ(person.extra.view(),
            "kiozmygxexxokbdewlyazosibbswxauiauzbirfepearebpqtmnlrybqzyizeleolffybxpbqcadtdkjomhfxmrkandgpapwbfywaalknu"
            "ptfuxlshhjgctnnulcjnapgnhqobfxgvprityffziixdkdvqvoiv");

  const Auction auction = generator.auction(123'449, arena);
  EXPECT_EQ(auction.id, 8'407);
  EXPECT_EQ(auction.item_name.view(), "boztgy s bdeipk");
  EXPECT_EQ(auction.description.view(), "idh wftkinfsjoyousscbmaocveoninhum xrnhstmbnwcwji");
  EXPECT_EQ(auction.initial_bid, 4'582);
  EXPECT_EQ(auction.reserve, 10'381'709);
  EXPECT_EQ(auction.date_time, kBase + Duration{12'345});
  EXPECT_EQ(auction.expires, kBase + Duration{12'350});
  EXPECT_EQ(auction.seller, 2'638);
  EXPECT_EQ(auction.category, 12);
  EXPECT_EQ(auction.extra.size(), 410u);
  EXPECT_EQ(auction.extra.view().substr(0, 12), "fcyhhjwpvlnc");
  EXPECT_EQ(auction.extra.view().substr(398), "ykjwzajjwhsi");
}

TEST(NexmarkGenerator, SharesItsIdsAmongGeneratorsWhenItHasNoEnd) {
  GeneratorConfig config = config_of(10'000, 0);
  config.generators = 2;
  const Generator first(config, 0);
  const Generator second(config, 1);
  EXPECT_EQ(first.events(), kMostEvents / 2);
  EXPECT_EQ(second.event_id(0), 2 + kMostEvents / 2);
}

TEST(NexmarkGeneratorConfig, IsRefusedWithTheNameOfTheField) {
  EXPECT_EQ(refusal(config_of(10'000, 1'000)), "accepted");
  EXPECT_THAT(refusal(config_of(0, 1'000)), testing::HasSubstr("rate is 0"));
  EXPECT_THAT(refusal(config_of(10'000, -1)), testing::HasSubstr("max_events is -1"));
  EXPECT_THAT(refusal(config_of(1, kMostEvents)), testing::HasSubstr("time of the last event"));

  GeneratorConfig config = config_of(10'000, 1'000);
  config.generators = 0;
  EXPECT_THAT(refusal(config), testing::HasSubstr("generators is 0"));
  config = config_of(10'000, 1'000);
  config.first_id = -3;
  EXPECT_THAT(refusal(config), testing::HasSubstr("first_id is -3"));
  config = config_of(10'000, 1'000);
  config.base_time = kMaxTimestamp + Duration{1};
  EXPECT_THAT(refusal(config), testing::HasSubstr("base_time"));
}

TEST(NexmarkGeneratorConfig, IsRefusedWhenItsGroupsWouldLoseEvents) {
  GeneratorConfig config = config_of(10'000, 10'000);
  config.out_of_order_group = 2 * 953;
  EXPECT_THAT(refusal(config), testing::HasSubstr("out_of_order_group is 1906"));
  config.out_of_order_group = 0;
  EXPECT_THAT(refusal(config), testing::HasSubstr("out_of_order_group is 0"));
  EXPECT_THROW(Generator(config, 0), UsageError);
}

}  // namespace
}  // namespace weir::nexmark
