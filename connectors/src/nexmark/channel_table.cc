#include "nexmark/channel_table.h"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "nexmark/strings.h"

namespace weir::nexmark {
namespace {

constexpr std::array<const char*, 4> kHotNames = {"Google", "Facebook", "Baidu", "Apple"};

std::string base_url(WordStream& words) {
  const std::string a = random_string(words, 5, '_');
  const std::string b = random_string(words, 5, '_');
  const std::string c = random_string(words, 5, '_');
  return fmt::format("https://www.nexmark.com/{}/{}/{}/item.htm?query=1", a, b, c);
}

// The bits of n from last to first, read as a signed number, without its sign.
std::int64_t channel_id(std::uint32_t n) {
  std::uint32_t reversed = 0;
  for (int bit = 0; bit < 32; ++bit) reversed |= ((n >> bit) & 1u) << (31 - bit);
  const std::int64_t number = static_cast<std::int32_t>(reversed);
  return number < 0 ? -number : number;
}

}  // namespace

ChannelTable::ChannelTable() {
  const RandomWords random(0);
  texts_.reserve(kHot + 2 * kOthers);
  const auto keep = [&](std::string text) { return Text(texts_.emplace_back(std::move(text))); };
  channels_.reserve(kHot + kOthers);
  for (std::size_t i = 0; i < kHot; ++i) {
    WordStream words(random, static_cast<std::int64_t>(kOthers + i));
    channels_.push_back({Text(kHotNames[i]), keep(base_url(words))});
  }
  for (std::uint32_t n = 0; n < kOthers; ++n) {
    WordStream words(random, n);
    std::string url = base_url(words);
    if (words.below(10) > 0) url += fmt::format("&channel_id={}", channel_id(n));
    channels_.push_back({keep(fmt::format("channel-{}", n)), keep(std::move(url))});
  }
}

const ChannelTable& ChannelTable::instance() {
  static const ChannelTable table;
  return table;
}

}  // namespace weir::nexmark
