#pragma once

#include <cstdint>

#include "weir/connectors/nexmark/events.h"
#include "weir/connectors/nexmark/generator_config.h"
#include "weir/connectors/nexmark/random_words.h"
#include "weir/core/arena.h"
#include "weir/core/time.h"

namespace weir::nexmark {

class ChannelTable;

/// Of every 50 consecutive ids the first is a person, three are auctions, the rest are bids.
inline constexpr std::int64_t kEventsPerEpoch = 50;
inline constexpr std::int64_t kPeoplePerEpoch = 1;
inline constexpr std::int64_t kAuctionsPerEpoch = 3;
inline constexpr std::int64_t kBidsPerEpoch = kEventsPerEpoch - kPeoplePerEpoch - kAuctionsPerEpoch;

/// What is generated for an id.
constexpr EventKind kind_of(std::int64_t id) {
  const std::int64_t r = id % kEventsPerEpoch;
  if (r < kPeoplePerEpoch) return EventKind::kPerson;
  return r < kPeoplePerEpoch + kAuctionsPerEpoch ? EventKind::kAuction : EventKind::kBid;
}

/// The newest auction at the time of event `id`, the event itself included, counted from 0.
constexpr std::int64_t last_auction(std::int64_t id) {
  const std::int64_t epoch = id / kEventsPerEpoch;
  switch (kind_of(id)) {
    case EventKind::kPerson:
      return (epoch - 1) * kAuctionsPerEpoch + kAuctionsPerEpoch - 1;
    case EventKind::kAuction:
      return epoch * kAuctionsPerEpoch + id % kEventsPerEpoch - kPeoplePerEpoch;
    case EventKind::kBid:
      break;
  }
  return epoch * kAuctionsPerEpoch + kAuctionsPerEpoch - 1;
}

/// The newest person at the time of event `id`, the event itself included, counted from 0.
constexpr std::int64_t last_person(std::int64_t id) { return id / kEventsPerEpoch; }

/// Where the ids of auctions and people begin.
inline constexpr std::int64_t kFirstAuctionId = 1'000;
inline constexpr std::int64_t kFirstPersonId = 1'000;

/// Makes the events of one of a configuration's generators, each by its position k = 0, 1, ...
///
/// An event is a function of (seed, id): positions can be asked for in any order, again, and from several threads.
/// Rules and distributions are those of the public NEXMark generator for Flink; the random sequence is Weir's own.
/// Texts lie in the arena given, or last as long as the program. Thread-safe: const.
class Generator {
 public:
  /// Generator `index` of config.generators.
  /// Requires: index < config.generators. Errors: UsageError when check(config) refuses it.
  Generator(const GeneratorConfig& config, std::uint32_t index);

  const GeneratorConfig& config() const { return config_; }

  /// How many events this generator has; its positions are [0, events()).
  std::int64_t events() const { return events_; }

  std::int64_t event_id(std::int64_t k) const { return first_id_ + number(k); }
  EventKind kind(std::int64_t k) const { return kind_of(event_id(k)); }
  Timestamp timestamp(std::int64_t k) const { return time_of(number(k)); }

  /// Requires for each: kind(k) is the event's.
  BidNumbers bid_numbers(std::int64_t k) const;
  Bid bid(std::int64_t k, Arena& arena) const;
  Auction auction(std::int64_t k, Arena& arena) const;
  Person person(std::int64_t k, Arena& arena) const;

 private:
  friend class BidCursor;

  // The event's place on the time line: k + 1, or another of its group when groups are shuffled. A group that the
  // generator's end would cut stays in order, so that the ids stay within the generator's own.
  std::int64_t number(std::int64_t k) const {
    const std::int64_t n = k + 1;
    if (group_ == 1 || n >= shuffled_below_) return n;
    return n / group_ * group_ + n * kGroupShuffle % group_;
  }

  Timestamp time_of(std::int64_t number) const {
    const auto us = static_cast<std::int64_t>(static_cast<double>(number) * us_per_event_);
    return config_.base_time + Duration{static_cast<std::uint64_t>(us) / 1'000};
  }

  GeneratorConfig config_;
  RandomWords random_;
  const ChannelTable* channels_;
  std::int64_t first_id_;
  std::int64_t events_;
  std::int64_t group_;
  std::int64_t shuffled_below_;
  double us_per_event_;
};

}  // namespace weir::nexmark
