#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

// What the process functions of process_jobs.cc must deliver, told in plain C++: nothing of the engine is used here.

namespace weir::tests {

struct PlainEvent {
  std::int64_t time = 0;  ///< ms
  std::string key;
  std::int64_t value = 0;
};

/// The ledger's lines for these events, in any order; `period`: the length of its periods in ms.
std::multiset<std::string> ledger_lines(std::vector<PlainEvent> events, std::int64_t period);

/// What is wrong with the alarms' lines; empty: nothing. Every event sets a timer of its key, or finds that it is set,
/// or takes it back; every timer that is set and not taken back goes off once, and not before its time. Every event
/// tells, too, when its key came first, which is forgotten `forgotten_after` ms later, neither earlier nor later.
std::string judge_alarms(const std::vector<PlainEvent>& events, const std::multiset<std::string>& lines,
                         std::int64_t forgotten_after);

}  // namespace weir::tests
