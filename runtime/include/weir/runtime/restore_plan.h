#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weir/checkpoint/manifest.h"
#include "weir/core/graph.h"
#include "weir/core/host.h"
#include "weir/runtime/state_survey.h"

// What would happen if a job began with a checkpoint: found out without running it.

namespace weir::runtime {

/// An operator, source or sink of the checkpoint, of the job, or of both.
struct PlannedNode {
  enum class Fate : std::uint8_t { kKept, kNew, kDropped };

  std::string name;
  checkpoint::NodeKind kind = checkpoint::NodeKind::kOperator;
  Fate fate = Fate::kKept;
  std::uint32_t stored_parallelism = 0;  ///< 0: the checkpoint has none
  std::uint32_t parallelism = 0;         ///< 0: the job has none
};

/// "kept", "new", "dropped".
const char* to_string(PlannedNode::Fate fate);

struct RestorePlan {
  std::vector<PlannedNode> nodes;     ///< the job's in their order, then those that are dropped
  std::vector<SurveyedState> states;  ///< survey_states()
  std::string refusal;                ///< why the job cannot go on, whatever it allows; empty: it can
  std::string drops;                  ///< why it must allow non-restored state for that; empty: it need not
};

/// Runs user code, as declared_states(). `directory` is for messages. Errors: what user code throws.
RestorePlan plan_restore(const checkpoint::Manifest& manifest, const Graph& graph, const Plan& plan, Host& host,
                         std::uint32_t key_groups, const std::string& directory);

}  // namespace weir::runtime
