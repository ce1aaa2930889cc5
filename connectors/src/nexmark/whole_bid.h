#pragma once

#include <cstdint>
#include <string_view>

#include "weir/connectors/nexmark/events.h"
#include "weir/core/arena.h"

#include "nexmark/channel_table.h"
#include "nexmark/letters.h"

namespace weir::nexmark {

/// Adds the texts to a bid's numbers. `what` is the word whose upper half made the price; its lower half picks the
/// channel. Words from index 2 on make `extra`.
inline Bid whole_bid(const BidNumbers& numbers, std::uint64_t what, const RandomWords& random, std::int64_t id,
                     const ChannelTable& channels, Arena& arena) {
  // A bid counts 32 bytes and is padded to 100: 68 are missing, a fifth of which is 14.
  constexpr std::int64_t kShortest = 54;
  constexpr std::int64_t kLengths = 28;
  char letters[(kShortest + kLengths + 7) / 8 * 8];
  WordStream words(random, id, 2);
  const std::int64_t length = kShortest + words.below(kLengths);
  write_letters(words, letters, length);

  const Channel& channel = channels.pick(static_cast<std::uint32_t>(what));
  return {.auction = numbers.auction,
          .bidder = numbers.bidder,
          .price = numbers.price,
          .channel = channel.name,
          .url = channel.url,
          .date_time = numbers.date_time,
          .extra = arena.intern(std::string_view(letters, static_cast<std::size_t>(length)))};
}

}  // namespace weir::nexmark
