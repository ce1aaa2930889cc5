#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "kit/window_case.h"

namespace weir::tests {

/// A word and up to three numbers: "aligned 10 5 0".
struct CaseWords {
  std::string word;
  std::vector<std::int64_t> numbers;
  std::string last;  ///< a word behind the numbers
};

/// One case of windows with triggers: its input in order, and what comes of it.
struct TriggeredCase {
  std::uint64_t seed = 0;
  CaseWords windows;
  std::int64_t lateness = 0;
  CaseWords trigger;
  CaseWords evictor;
  std::vector<VectorItem> input;
  std::map<std::string, std::vector<std::string>> results;  ///< "start end at values" of each key, in order
  std::vector<std::string> late;                            ///< "time key value"
  bool joins = false;                                       ///< `pairs` are told
  std::vector<std::string> pairs;                           ///< "start end key even odd"
};

/// Reads cases in the format of tests/oracle/triggered_vectors.py. Errors: std::runtime_error for a line it does not
/// know.
std::vector<TriggeredCase> read_triggered_cases(const std::string& path);

}  // namespace weir::tests
