#include "weir/cluster/program_plan.h"

#include <algorithm>

#include <fmt/format.h>

#include "weir/core/error.h"
#include "weir/core/frames.h"

#include "wire.pb.h"

namespace weir::cluster {

std::string encode_plan(const ProgramPlan& plan) {
  wire::Plan out;
  out.set_status(runtime::encode_status(plan.status));
  out.set_fingerprint(plan.fingerprint);
  out.set_text(plan.text);
  for (const std::string& warning : plan.warnings) out.add_warnings(warning);
  return out.SerializeAsString();
}

ProgramPlan decode_plan(std::string_view bytes) {
  wire::Plan in;
  if (!in.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) || in.status().empty())
    throw ExternalError("bytes that are no plan");
  return {
      runtime::decode_status(in.status()), in.fingerprint(), in.text(), {in.warnings().begin(), in.warnings().end()}};
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
