#include "weir/checkpoint/log_rules.h"

#include <algorithm>

namespace weir::checkpoint {
namespace {

bool all_own_above(const SeenLog& seen, std::uint64_t index, WriterId writer) {
  return std::all_of(seen.begin(), seen.end(),
                     [&](const SeenEntry& entry) { return entry.index <= index || entry.writer == writer; });
}

}  // namespace

std::uint64_t end_of(const SeenLog& seen) { return seen.empty() ? 0 : seen.back().index + 1; }

AppendDecision decide_append(const SeenLog& seen, const LogStanding& standing) {
  if (!standing.takeover) return {false, standing.end};
  const std::uint64_t index = end_of(seen);
  // The highest entry is never deleted: a log that ends below the own one is not the one it was.
  const bool gone = index <= standing.last;
  return {gone || !all_own_above(seen, standing.last, standing.writer), index};
}

bool stands(const SeenLog& seen, std::uint64_t created, WriterId writer) {
  return all_own_above(seen, created, writer);
}

bool may_act(const LogStanding& standing) { return standing.takeover.has_value(); }

std::vector<std::uint64_t> retirable(const SeenLog& seen, std::uint64_t oldest_needed) {
  std::vector<std::uint64_t> indices;
  for (const SeenEntry& entry : seen)
    if (entry.index < oldest_needed && entry.index != seen.back().index) indices.push_back(entry.index);
  return indices;
}

}  // namespace weir::checkpoint
