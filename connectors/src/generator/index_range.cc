#include "weir/connectors/generator/index_range.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "weir/connectors/position.h"
#include "weir/core/error.h"

namespace weir::connectors {

namespace {

/// Stays clear of overflow when a stride is added.
constexpr std::uint64_t kEndless = std::numeric_limits<std::uint64_t>::max() / 2;

constexpr double kNanosecondsPerSecond = 1e9;

struct Share {
  std::uint64_t first = 0;
  std::uint64_t stride = 0;
};

/// Reads "first/stride".
Share parse_id(const std::string& id) {
  Share share;
  const char* const end = id.data() + id.size();
  const auto first = std::from_chars(id.data(), end, share.first);
  if (first.ec == std::errc() && first.ptr != end && *first.ptr == '/') {
    const auto stride = std::from_chars(first.ptr + 1, end, share.stride);
    if (stride.ec == std::errc() && stride.ptr == end && share.first < share.stride) return share;
  }
  throw CorruptionError(fmt::format("'{}' is no split of a generator, as '0/4' would be", id));
}

}  // namespace

IndexRange::IndexRange(const GeneratorOptions& options, const Split& split, MonotonicTime begin)
    : rate_(options.records_per_second), begin_(begin), end_(options.count.value_or(kEndless)), id_(split.id) {
  const Share share = parse_id(split.id);
  stride_ = share.stride;
  next_ = split.position.empty() ? share.first : decode_position(split, 1).front();
  if (next_ % stride_ != share.first)
    throw CorruptionError(fmt::format("index {} does not belong to the split '{}' of a generator", next_, id_));
  if (!split.position.empty() && next_ >= end_ + stride_)
    throw UserError(fmt::format(
        "split '{}' of a generator is to go on at index {}, but there are only {}: restore it with the same "
        "count",
        id_, next_, end_));
  base_ = next_ - share.first;
}

std::uint64_t IndexRange::due_end(MonotonicTime now) const {
  if (rate_ == 0) return end_;
  const double seconds = static_cast<double>((now - begin_).count()) / kNanosecondsPerSecond;
  const double due = std::floor(seconds * rate_) + 1;
  const std::uint64_t left = end_ - std::min(base_, end_);
  return due >= static_cast<double>(left) ? end_ : base_ + static_cast<std::uint64_t>(due);
}

MonotonicTime IndexRange::due_at() const {
  if (rate_ == 0) return begin_;
  const double wait = static_cast<double>(next_ - base_) / rate_ * kNanosecondsPerSecond;
  return begin_ + std::chrono::nanoseconds(static_cast<std::int64_t>(std::ceil(wait)));
}

Split IndexRange::split() const { return {id_, encode_position({next_})}; }

std::vector<Split> generator_splits(const GeneratorOptions& options) {
  if (options.splits == 0) throw UsageError("a generator without splits makes nothing: give it at least 1");
  if (!(options.records_per_second >= 0) || std::isinf(options.records_per_second))
    throw UsageError(
        fmt::format("a generator cannot make {} records per second: give a number of at least 0 (0: as fast "
                    "as possible)",
                    options.records_per_second));
  std::vector<Split> splits;
  for (std::uint32_t i = 0; i < options.splits; ++i) splits.push_back({fmt::format("{}/{}", i, options.splits), ""});
  return splits;
}

}  // namespace weir::connectors
