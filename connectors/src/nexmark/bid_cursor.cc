#include "weir/connectors/nexmark/bid_cursor.h"

#include <algorithm>

#include "weir/core/check.h"

#include "nexmark/bid_epoch.h"
#include "nexmark/channel_table.h"
#include "nexmark/whole_bid.h"

namespace weir::nexmark {

BidCursor::BidCursor(const Generator& generator, std::int64_t from, std::int64_t to)
    : generator_(generator), k_(from), to_(to) {
  WEIR_CHECK(0 <= from && from <= to && to <= generator.events(), from, to, generator.events());
}

void BidCursor::seek(std::int64_t k) {
  WEIR_CHECK(0 <= k && k <= to_, k, to_);
  k_ = k;
}

template <class Make>
std::size_t BidCursor::walk(std::size_t n, Make make) {
  constexpr std::int64_t kFirstBid = kEventsPerEpoch - kBidsPerEpoch;
  std::size_t made = 0;
  while (made < n && k_ < to_) {
    const std::int64_t number = generator_.number(k_);
    const std::int64_t id = generator_.first_id_ + number;
    const std::int64_t r = id % kEventsPerEpoch;
    // In order, a run of ids stays within the epoch; shuffled, every position is looked at by itself.
    const bool in_order = generator_.group_ == 1;
    if (r < kFirstBid) {
      k_ = std::min(to_, k_ + (in_order ? kFirstBid - r : 1));
      continue;
    }
    const std::int64_t run =
        in_order ? std::min({kEventsPerEpoch - r, to_ - k_, static_cast<std::int64_t>(n - made)}) : std::int64_t{1};
    const BidEpoch epoch(id / kEventsPerEpoch);
    for (std::int64_t i = 0; i < run; ++i) make(id + i, number + i, made + static_cast<std::size_t>(i), epoch);
    made += static_cast<std::size_t>(run);
    k_ += run;
  }
  return made;
}

std::size_t BidCursor::fill(BidNumbers* out, Timestamp* timestamps, std::size_t n) {
  const Generator generator = generator_;
  return walk(n, [&](std::int64_t id, std::int64_t number, std::size_t place, const BidEpoch& epoch) {
    const Timestamp time = generator.time_of(number);
    timestamps[place] = time;
    out[place] = epoch.bid(generator.random_.word(id, 0), generator.random_.word(id, 1), time);
  });
}

std::size_t BidCursor::fill(Bid* out, Timestamp* timestamps, std::size_t n, Arena& arena) {
  const Generator generator = generator_;
  return walk(n, [&](std::int64_t id, std::int64_t number, std::size_t place, const BidEpoch& epoch) {
    const Timestamp time = generator.time_of(number);
    const std::uint64_t what = generator.random_.word(id, 1);
    timestamps[place] = time;
    out[place] = whole_bid(epoch.bid(generator.random_.word(id, 0), what, time), what, generator.random_, id,
                           *generator.channels_, arena);
  });
}

}  // namespace weir::nexmark
