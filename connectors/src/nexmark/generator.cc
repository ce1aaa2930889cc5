#include "weir/connectors/nexmark/generator.h"

#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>

#include "weir/core/check.h"

#include "nexmark/bid_epoch.h"
#include "nexmark/channel_table.h"
#include "nexmark/letters.h"
#include "nexmark/strings.h"
#include "nexmark/whole_bid.h"

namespace weir::nexmark {
namespace {

constexpr std::size_t kPersonSize = 200;
constexpr std::size_t kAuctionSize = 500;

constexpr std::array kFirstNames = {"Peter", "Paul",  "Luke",  "John",   "Saul",  "Vicky",
                                    "Kate",  "Julie", "Sarah", "Deiter", "Walter"};
constexpr std::array kLastNames = {"Shultz", "Abrams", "Spencer", "White", "Bartels",
                                   "Walton", "Smith",  "Jones",   "Noris"};
constexpr std::array kCities = {"Phoenix", "Los Angeles", "San Francisco", "Boise", "Portland",
                                "Bend",    "Redmond",     "Seattle",       "Kent",  "Cheyenne"};
constexpr std::array kStates = {"AZ", "CA", "ID", "OR", "WA", "WY"};

template <std::size_t n>
const char* one_of(const std::array<const char*, n>& values, WordStream& words) {
  return values[static_cast<std::size_t>(words.below(n))];
}

std::int64_t draw_price(WordStream& words) { return price(static_cast<std::uint32_t>(words.next() >> 32)); }

std::int64_t share(const GeneratorConfig& config) {
  return (config.max_events == 0 ? kMostEvents : config.max_events) / config.generators;
}

}  // namespace

Generator::Generator(const GeneratorConfig& config, std::uint32_t index)
    : config_(config), random_(config.seed), channels_(&ChannelTable::instance()) {
  check(config);
  WEIR_CHECK(index < config.generators, index, config.generators);
  first_id_ = config.first_id + share(config) * index;
  events_ = share(config);
  // The last generator takes what can't be shared evenly.
  if (index + 1 == config.generators && config.max_events != 0) events_ = config.max_events - share(config) * index;
  group_ = config.out_of_order_group;
  shuffled_below_ = (events_ + 1) / group_ * group_;
  us_per_event_ = 1'000'000.0 / static_cast<double>(config.rate) * config.generators;
}

BidNumbers Generator::bid_numbers(std::int64_t k) const {
  const std::int64_t id = event_id(k);
  return BidEpoch(id / kEventsPerEpoch).bid(random_.word(id, 0), random_.word(id, 1), timestamp(k));
}

Bid Generator::bid(std::int64_t k, Arena& arena) const {
  const std::int64_t id = event_id(k);
  return whole_bid(bid_numbers(k), random_.word(id, 1), random_, id, *channels_, arena);
}

Auction Generator::auction(std::int64_t k, Arena& arena) const {
  constexpr std::int64_t kCategories = 5;
  constexpr std::int64_t kFirstCategory = 10;
  constexpr std::int64_t kEventsInFlight = kAuctionsInFlight * kEventsPerEpoch / kAuctionsPerEpoch;

  const std::int64_t id = event_id(k);
  WordStream words(random_, id);
  Auction auction;
  auction.id = last_auction(id) + kFirstAuctionId;
  auction.date_time = timestamp(k);

  const std::int64_t person = last_person(id);
  const ActivePeople people(person);
  const bool hot = words.below(4) > 0;
  auction.seller = (hot ? person / kHotEvery * kHotEvery : people.first + words.below(people.count)) + kFirstPersonId;
  auction.category = kFirstCategory + words.below(kCategories);
  auction.initial_bid = draw_price(words);
  auction.reserve = auction.initial_bid + draw_price(words);

  // As long, on average, as it takes until the auctions in flight have all been replaced.
  const Duration horizon = time_of(number(k) + kEventsInFlight) - auction.date_time;
  auction.expires = auction.date_time + Duration{1 + words.below(std::max<std::int64_t>(2 * horizon.count(), 1))};

  const std::string name = random_string(words, 20);
  const std::string description = random_string(words, 100);
  constexpr std::size_t kNumbers = 6 * 8;
  auction.extra = arena.intern(padding(words, kNumbers + name.size() + description.size(), kAuctionSize));
  auction.item_name = arena.intern(name);
  auction.description = arena.intern(description);
  return auction;
}

Person Generator::person(std::int64_t k, Arena& arena) const {
  const std::int64_t id = event_id(k);
  WordStream words(random_, id);
  Person person;
  person.id = last_person(id) + kFirstPersonId;
  person.date_time = timestamp(k);

  const char* first_name = one_of(kFirstNames, words);
  const char* last_name = one_of(kLastNames, words);
  person.name = arena.intern(fmt::format("{} {}", first_name, last_name));
  const std::string user = random_string(words, 7);
  const std::string host = random_string(words, 5);
  person.email_address = arena.intern(fmt::format("{}@{}.com", user, host));

  std::array<std::int64_t, 4> card{};
  for (std::int64_t& group : card) group = words.below(10'000);
  person.credit_card = arena.intern(fmt::format("{:04} {:04} {:04} {:04}", card[0], card[1], card[2], card[3]));
  person.city = Text(one_of(kCities, words));
  person.state = Text(one_of(kStates, words));

  const std::size_t size = 8 + person.name.size() + person.email_address.size() + person.credit_card.size() +
                           person.city.size() + person.state.size();
  person.extra = arena.intern(padding(words, size, kPersonSize));
  return person;
}

}  // namespace weir::nexmark
