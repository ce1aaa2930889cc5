#include "weir/checkpoint/decide_restore.h"

#include <algorithm>

#include <fmt/format.h>

namespace weir::checkpoint {
namespace {

using Kind = RestoreDecision::Kind;
using Condition = FoundCheckpoint::Condition;

RestoreDecision decide_finished(const RestoreFacts& facts) {
  if (facts.restart_finished) return {Kind::kStartAnew, 0, {}, {}};
  if (facts.mode == RestoreMode::kNone)
    return {Kind::kRefuse,
            0,
            fmt::format("the job has finished already, says {}: --weir.restore=none demands a directory without it; "
                        "--weir.restart starts it anew and removes what is there",
                        facts.directory),
            {}};
  return {Kind::kFinished, 0, {}, {}};
}

RestoreDecision decide_without_completed(const RestoreFacts& facts) {
  if (!facts.lost) return {facts.savepoint.empty() ? Kind::kStartEmpty : Kind::kImport, 0, {}, {}};
  return {
      Kind::kFail,
      0,
      fmt::format("checkpoints are missing in {}: its log says that the job went on from checkpoint {}, and neither "
                  "that one nor a later one is named in it. Bring the directory's files back, or use another "
                  "directory to start from the beginning",
                  facts.directory, to_string(*facts.lost)),
      {}};
}

RestoreDecision decide_among_completed(const RestoreFacts& facts) {
  const auto usable = std::find_if(facts.completed.begin(), facts.completed.end(),
                                   [](const FoundCheckpoint& found) { return found.condition != Condition::kDamaged; });
  if (usable == facts.completed.end())
    return {
        Kind::kFail,
        0,
        fmt::format("no checkpoint in {} is whole; of the newest: {}. Bring its files back, or use another directory "
                    "to start from the beginning",
                    facts.directory, facts.completed.front().problem),
        {}};
  if (usable->condition == Condition::kForeign) return {Kind::kRefuse, 0, usable->problem, {}};
  RestoreDecision decision{Kind::kRestore, static_cast<std::size_t>(usable - facts.completed.begin()), {}, {}};
  if (decision.which == 0) return decision;
  if (facts.exactly_once && !facts.accept_duplicates)
    return {
        Kind::kFail,
        0,
        fmt::format("checkpoint {} is damaged: {}. Checkpoint {} is whole, but going back to it could repeat output "
                    "that was delivered already: --weir.accept-duplicates does it all the same",
                    to_string(facts.completed.front().name), facts.completed.front().problem, to_string(usable->name)),
        {}};
  for (auto passed = facts.completed.begin(); passed != usable; ++passed)
    decision.warnings.push_back(
        fmt::format("checkpoint {} is damaged and was passed over: {}", to_string(passed->name), passed->problem));
  decision.warnings.push_back(
      fmt::format("going on from checkpoint {}; output since then can be repeated", to_string(usable->name)));
  return decision;
}

RestoreDecision refuse_savepoint(const RestoreFacts& facts, const FoundCheckpoint& newest) {
  const std::string began = newest.origin.empty() ? "did not begin with a savepoint"
                                                  : fmt::format("began with savepoint '{}'", newest.origin);
  return {Kind::kRefuse,
          0,
          fmt::format("{} has checkpoints of this job already, which {}: to begin with savepoint '{}', name another "
                      "checkpoint directory; to go on from the newest of them, {}, leave --weir.from away",
                      facts.directory, began, facts.savepoint, to_string(newest.name)),
          {}};
}

}  // namespace

RestoreDecision decide_restore(const RestoreFacts& facts) {
  if (!facts.unreadable.empty()) return {Kind::kFail, 0, facts.unreadable, {}};
  if (facts.finished) return decide_finished(facts);
  if (facts.mode == RestoreMode::kNone && facts.log)
    return {Kind::kRefuse,
            0,
            fmt::format("{} has checkpoints of this job already: --weir.restore=none demands a directory without; "
                        "leave the flag away to go on from them, or name another directory",
                        facts.directory),
            {}};
  if (facts.completed.empty()) return decide_without_completed(facts);
  RestoreDecision decision = decide_among_completed(facts);
  if (decision.kind == Kind::kRestore && !facts.savepoint.empty() &&
      facts.completed[decision.which].origin != facts.savepoint)
    return refuse_savepoint(facts, facts.completed[decision.which]);
  return decision;
}

}  // namespace weir::checkpoint
