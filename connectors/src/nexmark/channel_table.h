#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "weir/core/text.h"

namespace weir::nexmark {

/// Where a bid came from.
struct Channel {
  Text name;
  Text url;
};

/// The four channels that half of the bids come through and the ten thousand others, each with a url of its own.
///
/// The same in every run and for every seed. Made once, at first use; lasts as long as the program. Thread-safe: const.
class ChannelTable {
 public:
  static const ChannelTable& instance();

  /// The channel of 32 random bits: the first decides hot or not, the others which one.
  const Channel& pick(std::uint32_t bits) const {
    // Without a branch, which would be guessed wrong for every other bid.
    const std::size_t hot = (bits >> 29) & 3;
    const std::size_t other = kHot + ((static_cast<std::uint64_t>(bits << 1) * kOthers) >> 32);
    return channels_[other ^ ((other ^ hot) & -static_cast<std::size_t>(bits >> 31))];
  }

 private:
  ChannelTable();

  static constexpr std::size_t kHot = 4;
  static constexpr std::size_t kOthers = 10'000;

  std::vector<std::string> texts_;
  std::vector<Channel> channels_;  // the hot ones first
};

}  // namespace weir::nexmark
