#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace weir::tests {

/// A record of a test vector, or a watermark that stands between records.
struct VectorItem {
  bool is_watermark = false;
  std::int64_t time = 0;
  std::string key;
  std::int64_t value = 0;
};

/// A result as the reference interpreter writes it.
struct VectorResult {
  std::int64_t start = 0;
  std::int64_t end = 0;
  std::string key;
  std::string value;

  friend auto operator<=>(const VectorResult&, const VectorResult&) = default;
};

/// One case: a windowed aggregation, its input in order, and what comes of it.
struct WindowCase {
  std::uint64_t seed = 0;
  bool sliding = false;
  std::int64_t size = 0;
  std::int64_t slide = 0;
  std::int64_t offset = 0;
  std::int64_t lateness = 0;
  std::string aggregate;
  std::vector<VectorItem> input;
  std::vector<VectorResult> results;
  std::vector<VectorItem> late;
};

/// Reads cases in the format of tests/oracle/vectors.py. Errors: std::runtime_error for a line it does not know.
std::vector<WindowCase> read_window_cases(const std::string& path);

}  // namespace weir::tests
