#pragma once

#include <cstdint>

#include "weir/core/fields.h"
#include "weir/core/text.h"
#include "weir/core/time.h"

namespace weir::nexmark {

enum class EventKind : std::uint8_t { kPerson, kAuction, kBid };

/// Someone who registered at the auction site.
struct Person {
  std::int64_t id = 0;
  Text name;
  Text email_address;
  Text credit_card;
  Text city;
  Text state;
  Timestamp date_time{};
  Text extra;  ///< letters that bring the event to its average size
};
WEIR_FIELDS(Person, id, name, email_address, credit_card, city, state, date_time, extra);

/// An item that was put up for sale. Prices are in cents.
struct Auction {
  std::int64_t id = 0;
  Text item_name;
  Text description;
  std::int64_t initial_bid = 0;
  std::int64_t reserve = 0;
  Timestamp date_time{};
  Timestamp expires{};
  std::int64_t seller = 0;
  std::int64_t category = 0;
  Text extra;
};
WEIR_FIELDS(Auction, id, item_name, description, initial_bid, reserve, date_time, expires, seller, category, extra);

/// A price somebody offers for an item, in cents.
struct Bid {
  std::int64_t auction = 0;
  std::int64_t bidder = 0;
  std::int64_t price = 0;
  Text channel;
  Text url;
  Timestamp date_time{};
  Text extra;
};
WEIR_FIELDS(Bid, auction, bidder, price, channel, url, date_time, extra);

/// A bid without its texts: the same numbers as in the whole bid, at a sixth of its cost.
struct BidNumbers {
  std::int64_t auction = 0;
  std::int64_t bidder = 0;
  std::int64_t price = 0;
  Timestamp date_time{};

  friend bool operator==(const BidNumbers&, const BidNumbers&) = default;
};
WEIR_FIELDS(BidNumbers, auction, bidder, price, date_time);

}  // namespace weir::nexmark
