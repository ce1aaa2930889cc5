#pragma once

#include <algorithm>
#include <cstdint>

#include "weir/connectors/nexmark/events.h"
#include "weir/connectors/nexmark/generator.h"
#include "weir/connectors/nexmark/price.h"

namespace weir::nexmark {

inline constexpr std::int64_t kHotEvery = 100;
inline constexpr std::int64_t kAuctionsInFlight = 100;
inline constexpr std::int64_t kAuctionLead = 10;
inline constexpr std::int64_t kActivePeople = 1'000;
inline constexpr std::int64_t kPersonLead = 10;

/// The people an event may name when it does not name the hot one: the active ones, and a few not yet created.
struct ActivePeople {
  explicit ActivePeople(std::int64_t last_person)
      : count(std::min(last_person + 1, kActivePeople) + kPersonLead),
        first(last_person + 1 - std::min(last_person + 1, kActivePeople)) {}

  std::int64_t count;
  std::int64_t first;
};

/// What the bids of one epoch have in common: whom and what they may name. Ids here are those of the events.
class BidEpoch {
 public:
  explicit BidEpoch(std::int64_t epoch) {
    const std::int64_t auction = epoch * kAuctionsPerEpoch + kAuctionsPerEpoch - 1;
    const std::int64_t oldest = std::max<std::int64_t>(auction - kAuctionsInFlight, 0);
    hot_auction_ = auction / kHotEvery * kHotEvery + kFirstAuctionId;
    first_auction_ = oldest + kFirstAuctionId;
    auctions_ = auction + kAuctionLead + 1 - oldest;

    // The public generator adds the first person's id twice to a bidder, and so do we.
    const ActivePeople people(epoch);
    hot_bidder_ = epoch / kHotEvery * kHotEvery + 1 + 2 * kFirstPersonId;
    first_bidder_ = people.first + 2 * kFirstPersonId;
    bidders_ = people.count;
  }

  /// The bid of two random words: `who` decides on auction and bidder, the upper half of `what` on the price.
  BidNumbers bid(std::uint64_t who, std::uint64_t what, Timestamp time) const {
    const auto low = static_cast<std::uint32_t>(who);
    const auto high = static_cast<std::uint32_t>(who >> 32);
    // An uniform integer comes from the bits below those that said hot or not: 31 and 30 of them.
    const std::int64_t cold_auction = first_auction_ + uniform_below(low << 1, auctions_);
    const std::int64_t cold_bidder = first_bidder_ + uniform_below(high << 2, bidders_);
    return {.auction = either((low >> 31) != 0, hot_auction_, cold_auction),
            .bidder = either((high >> 30) != 0, hot_bidder_, cold_bidder),
            .price = price(static_cast<std::uint32_t>(what >> 32)),
            .date_time = time};
  }

 private:
  // Without a branch, which would be guessed wrong for every other bid.
  static std::int64_t either(bool first, std::int64_t a, std::int64_t b) {
    return b ^ ((a ^ b) & -static_cast<std::int64_t>(first));
  }

  std::int64_t hot_auction_;
  std::int64_t first_auction_;
  std::int64_t auctions_;
  std::int64_t hot_bidder_;
  std::int64_t first_bidder_;
  std::int64_t bidders_;
};

}  // namespace weir::nexmark
