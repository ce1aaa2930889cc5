#include "weir/cluster/program_plan.h"

#include <algorithm>

#include <fmt/format.h>

#include "weir/core/error.h"
#include "weir/core/frames.h"

#include "wire.pb.h"

namespace weir::cluster {

namespace {

using runtime::PlannedNode;
using runtime::RestorePlan;
using runtime::SurveyedState;

void put(const RestorePlan& plan, wire::RestorePlan& out) {
  for (const PlannedNode& node : plan.nodes) {
    wire::PlannedNode& to = *out.add_nodes();
    to.set_name(node.name);
    to.set_kind(static_cast<std::uint32_t>(node.kind));
    to.set_fate(static_cast<std::uint32_t>(node.fate));
    to.set_stored_parallelism(node.stored_parallelism);
    to.set_parallelism(node.parallelism);
  }
  for (const SurveyedState& state : plan.states) {
    wire::SurveyedState& to = *out.add_states();
    to.set_operator_name(state.operator_name);
    to.set_kind(state.kind);
    to.set_name(state.name);
    to.set_fate(static_cast<std::uint32_t>(state.fate));
    to.mutable_changes()->Assign(state.changes.begin(), state.changes.end());
    to.set_refusal(state.refusal);
    to.set_stored(state.stored);
    to.set_declared(state.declared);
  }
  out.set_refusal(plan.refusal);
  out.set_drops(plan.drops);
}

RestorePlan read(const wire::RestorePlan& in) {
  RestorePlan plan;
  for (const wire::PlannedNode& node : in.nodes())
    plan.nodes.push_back({node.name(), static_cast<checkpoint::NodeKind>(node.kind()),
                          static_cast<PlannedNode::Fate>(node.fate()), node.stored_parallelism(), node.parallelism()});
  for (const wire::SurveyedState& state : in.states())
    plan.states.push_back({state.operator_name(),
                           state.kind(),
                           state.name(),
                           static_cast<SurveyedState::Fate>(state.fate()),
                           {state.changes().begin(), state.changes().end()},
                           state.refusal(),
                           state.stored(),
                           state.declared()});
  plan.refusal = in.refusal();
  plan.drops = in.drops();
  return plan;
}

}  // namespace

std::string encode_plan(const ProgramPlan& plan) {
  wire::Plan out;
  out.set_status(runtime::encode_status(plan.status));
  out.set_fingerprint(plan.fingerprint);
  out.set_text(plan.text);
  for (const std::string& warning : plan.warnings) out.add_warnings(warning);
  if (plan.restore) put(*plan.restore, *out.mutable_restore());
  return out.SerializeAsString();
}

ProgramPlan decode_plan(std::string_view bytes) {
  wire::Plan in;
  if (!in.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || in.status().empty())
    throw ExternalError("bytes that are no plan");
  ProgramPlan plan{
      runtime::decode_status(in.status()), in.fingerprint(), in.text(), {in.warnings().begin(), in.warnings().end()}};
  if (in.has_restore()) plan.restore = read(in.restore());
  return plan;
}

ProgramPlan judge_plan(const std::string& program, const PlanOutcome& outcome) {
  constexpr int kUsage = 2;
  constexpr int kNotLoaded = 127;
  const std::string said = outcome.said.empty() ? "" : "\nIt said:\n" + outcome.said;
  const auto refuse = [&](const std::string& what) { throw UserError(fmt::format("{} {}{}", program, what, said)); };
  if (outcome.time_out)
    refuse(
        fmt::format("did not tell its plan within {} ms: its main function must come to weir::run(), and the job "
                    "function must only build the job",
                    outcome.time_out->count()));
  if (outcome.crashed) refuse(outcome.ending + " while it built the job");
  if (outcome.status == kUsage && !outcome.said.empty())
    throw UsageError(outcome.said.substr(0, outcome.said.find_last_not_of('\n') + 1));
  if (outcome.status == kNotLoaded && outcome.said.find("shared librar") != std::string::npos)
    refuse("lacks a library on this machine");
  if (outcome.status != 0) refuse(outcome.ending + " before it told its plan");
  FrameReader reader;
  reader.add(outcome.link);
  const auto frame = reader.next();
  if (!frame) refuse("ended without a plan: is it a job? Its main function must call weir::run()");
  return decode_plan(*frame);
}

std::uint32_t slots_of(const ProgramPlan& plan) {
  std::uint32_t slots = 1;
  for (const runtime::VertexStatus& vertex : plan.status.vertices) slots = std::max(slots, vertex.parallelism);
  return slots;
}

}  // namespace weir::cluster
