#include "benchmarks/baselines/p1.h"

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "weir/connectors/nexmark/bid_cursor.h"

#include "benchmarks/baselines/count_table.h"

namespace weir::benchmarks {
namespace {

constexpr std::size_t kBatch = 1024;

/// The total of the last `overlap` slices.
class SlidingTotal {
 public:
  explicit SlidingTotal(std::size_t overlap) : slices_(overlap) {}

  /// The slice that ends at `end` is over: puts out the window that ends there, and forgets the window's first slice.
  void slice_ended(Timestamp end, const CountTable& slice, Answer& answer) {
    Slice& newest = slices_[next_];
    newest.clear();
    slice.for_each([&](std::int64_t auction, std::int64_t count) {
      newest.emplace_back(auction, count);
      total_.add(auction, count);
    });
    next_ = (next_ + 1) % slices_.size();
    total_.for_each([&](std::int64_t auction, std::int64_t count) { answer.add(end, auction, count); });
    Slice& oldest = slices_[next_];
    for (const auto& [auction, count] : oldest) total_.subtract(auction, count);
    oldest.clear();
  }

  bool empty() const { return total_.size() == 0; }

 private:
  using Slice = std::vector<std::pair<std::int64_t, std::int64_t>>;

  std::vector<Slice> slices_;  // a ring
  std::size_t next_ = 0;
  CountTable total_;
};

}  // namespace

Result p1_tumbling_count(const Settings& settings) {
  nexmark::BidCursor cursor(nexmark::Generator(generator_config(settings), 0));
  std::vector<nexmark::BidNumbers> bids(kBatch);
  std::vector<Timestamp> timestamps(kBatch);
  CountTable counts;
  Timestamp end = align_down(settings.base_time, settings.window) + settings.window;
  std::int64_t records = 0;
  Answer answer;

  const auto put_out = [&] {
    counts.for_each([&](std::int64_t auction, std::int64_t count) { answer.add(end, auction, count); });
    counts.clear();
  };
  while (const std::size_t n = cursor.fill(bids.data(), timestamps.data(), kBatch)) {
    for (std::size_t i = 0; i < n; ++i) {
      if (timestamps[i] >= end) {
        put_out();
        end = align_down(timestamps[i], settings.window) + settings.window;
      }
      counts.add(key_of(bids[i].auction, settings.keys), 1);
    }
    records += static_cast<std::int64_t>(n);
  }
  put_out();
  return {records, answer};
}

Result p1_sliding_count(const Settings& settings) {
  nexmark::BidCursor cursor(nexmark::Generator(generator_config(settings), 0));
  std::vector<nexmark::BidNumbers> bids(kBatch);
  std::vector<Timestamp> timestamps(kBatch);
  CountTable slice;
  SlidingTotal total(static_cast<std::size_t>(settings.window / settings.slide));
  Timestamp end = align_down(settings.base_time, settings.slide) + settings.slide;
  std::int64_t records = 0;
  Answer answer;

  const auto end_slice = [&] {
    total.slice_ended(end, slice, answer);
    slice.clear();
    end += settings.slide;
  };
  while (const std::size_t n = cursor.fill(bids.data(), timestamps.data(), kBatch)) {
    for (std::size_t i = 0; i < n; ++i) {
      while (timestamps[i] >= end) end_slice();
      slice.add(key_of(bids[i].auction, settings.keys), 1);
    }
    records += static_cast<std::int64_t>(n);
  }
  end_slice();
  while (!total.empty()) end_slice();
  return {records, answer};
}

}  // namespace weir::benchmarks
