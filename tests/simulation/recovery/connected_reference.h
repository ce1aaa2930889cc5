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

/// A line for each two events of one key whose times differ by `lower` to `upper` ms, the right one's less the left
/// one's.
std::multiset<std::string> join_lines(const std::vector<PlainEvent>& left, const std::vector<PlainEvent>& right,
                                      std::int64_t lower, std::int64_t upper);

/// For each key and period of `period` ms the prices in order, less the discount of that key that held at its end.
std::multiset<std::string> discount_lines(const std::vector<PlainEvent>& prices,
                                          const std::vector<PlainEvent>& discounts, std::int64_t period);

/// A line for each event.
std::multiset<std::string> event_lines(const std::vector<PlainEvent>& events);

}  // namespace weir::tests
