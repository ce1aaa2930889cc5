#include "plan_command.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "weir/checkpoint/store.h"
#include "weir/cluster/json_writer.h"
#include "weir/core/error.h"
#include "weir/host/daemon.h"

#include "chosen_checkpoint.h"
#include "planned_here.h"
#include "table.h"

namespace weir::cluster {
namespace {

using runtime::PlannedNode;
using runtime::RestorePlan;
using runtime::SurveyedState;

ExitStatus status_of(const RestorePlan& plan, bool may_drop) {
  if (!plan.refusal.empty()) return ExitStatus::kProblem;
  return plan.drops.empty() || may_drop ? ExitStatus::kFine : ExitStatus::kDropped;
}

const char* outcome_of(ExitStatus status) {
  return status == ExitStatus::kFine ? "goes on" : status == ExitStatus::kDropped ? "drops state" : "cannot go on";
}

std::string parallelism_of(const PlannedNode& node) {
  if (node.stored_parallelism == node.parallelism || node.stored_parallelism == 0)
    return std::to_string(node.parallelism);
  if (node.parallelism == 0) return std::to_string(node.stored_parallelism);
  return fmt::format("{} -> {}", node.stored_parallelism, node.parallelism);
}

std::string note_on(const SurveyedState& state) {
  switch (state.fate) {
    case SurveyedState::Fate::kMigrated:
      return fmt::format("{}", fmt::join(state.changes, ", "));
    case SurveyedState::Fate::kDropped:
      return state.stored;
    case SurveyedState::Fate::kRefused:
      return "see below";
    case SurveyedState::Fate::kKept:
    case SurveyedState::Fate::kNew:
      break;
  }
  return state.declared;
}

std::string text_of(const RestorePlan& plan, ExitStatus status) {
  Table nodes({{"OPERATOR"}, {"KIND"}, {"PARALLELISM"}, {"BECOMES"}});
  for (const PlannedNode& node : plan.nodes)
    nodes.add({node.name, checkpoint::to_string(node.kind), parallelism_of(node), runtime::to_string(node.fate)});
  Table states({{"STATE"}, {"KIND"}, {"BECOMES"}, {"WHAT"}});
  for (const SurveyedState& state : plan.states)
    states.add({state.operator_name + "/" + state.name, state.kind, runtime::to_string(state.fate), note_on(state)});
  std::string text = nodes.text("  ") + states.text("  ");
  if (!plan.refusal.empty()) return text + plan.refusal + "\n";
  if (plan.drops.empty()) return text + "The job goes on from it.\n";
  return text +
         (status == ExitStatus::kDropped
              ? "The job goes on from it only with --weir.allow-non-restored-state (weir run -n): what it lacks is "
                "dropped.\n"
              : "The job goes on from it; what it lacks is dropped.\n");
}

std::string json_of(const RestorePlan& plan, const ChosenCheckpoint& chosen, ExitStatus status) {
  JsonWriter json;
  json.begin_object().key("job").text(chosen.manifest->job);
  json.key("directory").text(chosen.directory);
  json.key("generation").number(chosen.name.generation.value());
  json.key("checkpoint").number(chosen.name.checkpoint.value());
  json.key("outcome").text(outcome_of(status));
  json.key("refusal").text(plan.refusal).key("drops").text(plan.drops);
  json.key("nodes").begin_array();
  for (const PlannedNode& node : plan.nodes) {
    json.begin_object().key("name").text(node.name).key("kind").text(checkpoint::to_string(node.kind));
    json.key("becomes").text(runtime::to_string(node.fate));
    json.key("stored_parallelism").number(node.stored_parallelism);
    json.key("parallelism").number(node.parallelism).end_object();
  }
  json.end_array().key("states").begin_array();
  for (const SurveyedState& state : plan.states) {
    json.begin_object().key("operator").text(state.operator_name).key("kind").text(state.kind);
    json.key("state").text(state.name);
    json.key("becomes").text(runtime::to_string(state.fate));
    json.key("stored").text(state.stored).key("declared").text(state.declared);
    json.key("changes").begin_array();
    for (const std::string& change : state.changes) json.text(change);
    json.end_array().key("refusal").text(state.refusal).end_object();
  }
  return json.end_array().end_object().result() + "\n";
}

}  // namespace

ExitStatus plan_from_checkpoint(host::RealHost& host, const PlanRequest& request) {
  const ChosenCheckpoint chosen = choose_checkpoint(host, request.from);
  const checkpoint::Store store(host, checkpoint::Layout(chosen.directory));
  if (const std::string problem = store.first_problem(*chosen.manifest); !problem.empty())
    throw CorruptionError(fmt::format("no job can go on from checkpoint {}: {}", to_string(chosen.name), problem));
  const ProgramPlan plan = plan_here(
      host, request.run,
      {{"WEIR_PLAN_FROM", host::absolute_path(chosen.directory)}, {"WEIR_PLAN_CHECKPOINT", to_string(chosen.name)}});
  if (!plan.restore) throw UserError("the program says nothing of the checkpoint: was it built with another Weir?");
  const ExitStatus status = status_of(*plan.restore, request.run.allow_non_restored_state);
  host.print(StandardStream::kOut, request.format == OutputFormat::kJson
                                       ? json_of(*plan.restore, chosen, status)
                                       : fmt::format("{} from checkpoint {} of job '{}' in {}\n", plan.status.name,
                                                     to_string(chosen.name), chosen.manifest->job, chosen.directory) +
                                             text_of(*plan.restore, status));
  return status;
}

}  // namespace weir::cluster
