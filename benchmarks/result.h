#pragma once

#include <cstdint>
#include <optional>
#include <sstream>
#include <string>

#ifndef XXH_INLINE_ALL
#define XXH_INLINE_ALL
#endif
#include <xxhash.h>

#include "weir/core/time.h"

namespace weir::benchmarks {

/// What a query put out, whatever the order: how many rows, and the sum of the rows' XXH3 hashes.
///
/// Two runs whose answers are equal gave the same rows. Parts counted by several threads add up with +=.
class Answer {
 public:
  /// A window's count of one auction.
  void add(Timestamp window_end, std::int64_t auction, std::int64_t count) {
    const std::int64_t row[] = {to_ms(window_end), auction, count};
    hash_ += XXH3_64bits(row, sizeof row);
    ++rows_;
  }

  Answer& operator+=(const Answer& other) {
    rows_ += other.rows_;
    hash_ += other.hash_;
    return *this;
  }

  /// Both numbers as text, and back.
  std::string to_text() const { return std::to_string(rows_) + " " + std::to_string(hash_); }
  static Answer from_text(const std::string& text) {
    Answer answer;
    std::istringstream(text) >> answer.rows_ >> answer.hash_;
    return answer;
  }

  std::uint64_t rows() const { return rows_; }
  std::uint64_t hash() const { return hash_; }

  friend bool operator==(const Answer&, const Answer&) = default;

 private:
  std::uint64_t rows_ = 0;
  std::uint64_t hash_ = 0;
};

/// What one run of one variant did.
struct Result {
  std::int64_t records = 0;      ///< bids that went in
  std::optional<Answer> answer;  ///< none when the variant computes no query
};

}  // namespace weir::benchmarks
