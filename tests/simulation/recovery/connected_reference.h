#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "recovery/process_reference.h"

// What the two-input operators of connected_jobs.cc must deliver, told in plain C++: nothing of the engine is used
// here.

namespace weir::tests {

/// The clearing's lines, in any order: for each key and period of `period` ms the values of both sides in order, and
/// what is carried over.
std::multiset<std::string> clearing_lines(const std::vector<PlainEvent>& left, const std::vector<PlainEvent>& right,
                                          std::int64_t period);

/// A line for each event, of either side.
std::multiset<std::string> side_lines(const std::vector<PlainEvent>& left, const std::vector<PlainEvent>& right);

}  // namespace weir::tests
