#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weir/connectors/generator/generator_options.h"
#include "weir/core/source.h"
#include "weir/core/time.h"

namespace weir::connectors {

/// The indexes of one split of a generator: split s of n has s, s + n, s + 2n, ... below the count.
///
/// At a rate r the index i is due i / r after the beginning of the job, however long the records before it took (an
/// open loop). A split that goes on from a position counts from there.
class IndexRange {
 public:
  /// Errors: CorruptionError for an id or position that is none of a generator's.
  IndexRange(const GeneratorOptions& options, const Split& split, MonotonicTime begin);

  bool ended() const { return next_ >= end_; }

  /// Requires: !ended().
  std::uint64_t next() const { return next_; }
  void advance() { next_ += stride_; }

  /// The first index that is not due at `now`.
  std::uint64_t due_end(MonotonicTime now) const;

  /// When next() is due.
  MonotonicTime due_at() const;

  /// Where to go on.
  Split split() const;

 private:
  const double rate_;
  const MonotonicTime begin_;
  std::uint64_t stride_ = 1;
  std::uint64_t next_ = 0;
  std::uint64_t end_ = 0;
  std::uint64_t base_ = 0;  ///< the index that was due at begin_
  std::string id_;
};

/// All splits of a generator, from their beginnings. Errors: UsageError for options that cannot be meant.
std::vector<Split> generator_splits(const GeneratorOptions& options);

}  // namespace weir::connectors
