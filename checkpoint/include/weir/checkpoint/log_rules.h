#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "weir/checkpoint/log_entry.h"

// Who may publish, decided by what the log's directory lists. Facts in, decisions out; docs/formats/log.md says why
// these rules are needed, and a test of all interleavings of two coordinators that none of them can be left out.

namespace weir::checkpoint {

/// An entry as far as the rules look at it.
struct SeenEntry {
  std::uint64_t index = 0;
  WriterId writer{};
};

/// The log's entries, by rising index.
using SeenLog = std::vector<SeenEntry>;

/// The index behind the highest entry.
std::uint64_t end_of(const SeenLog& seen);

/// What a coordinator knows of its own entries.
struct LogStanding {
  WriterId writer{};
  std::optional<std::uint64_t> takeover;  ///< absent: has not taken over yet
  std::uint64_t last = 0;                 ///< index of its newest entry, of its takeover on
  std::uint64_t end = 0;                  ///< before the takeover: end_of() the log when it was listed to be read
};

/// Where an entry is created, if it may be.
struct AppendDecision {
  bool fenced = false;
  std::uint64_t index = 0;
};

/// Rule 1. A takeover is created right behind the highest entry that was there when the log was read for it: behind one
/// that came later it would go back behind that. Later entries are appended behind the highest one, while all entries
/// behind the last own one are own ones, too.
AppendDecision decide_append(const SeenLog& seen, const LogStanding& standing);

/// Rule 2. `seen` was listed after `created` had been created: it counts unless somebody else's entry is higher, for
/// then it filled a hole that had been retired.
bool stands(const SeenLog& seen, std::uint64_t created, WriterId writer);

/// Rule 3. Nothing visible or destructive happens before the own takeover is durable and was seen to stand.
bool may_act(const LogStanding& standing);

/// Rule 4. Of the entries below `oldest_needed`, those to be deleted, lowest first: never the highest of all.
std::vector<std::uint64_t> retirable(const SeenLog& seen, std::uint64_t oldest_needed);

}  // namespace weir::checkpoint
