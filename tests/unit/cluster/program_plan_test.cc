#include "weir/cluster/program_plan.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/core/error.h"
#include "weir/core/frames.h"

namespace weir::cluster {
namespace {

using testing::AllOf;
using testing::HasSubstr;

ProgramPlan plan_of(std::uint32_t first, std::uint32_t second) {
  ProgramPlan plan;
  plan.status.name = "word count";
  plan.status.vertices.resize(2);
  plan.status.vertices[0].parallelism = first;
  plan.status.vertices[1].parallelism = second;
  plan.fingerprint = ~0ULL;
  plan.text = "a => b";
  plan.warnings = {"one", "two"};
  return plan;
}

std::string refusal(const PlanOutcome& outcome) {
  try {
    judge_plan("/bin/job", outcome);
  } catch (const UsageError& error) {
    return std::string("usage: ") + error.what();
  } catch (const UserError& error) {
    return error.what();
  }
  return "taken";
}

TEST(ProgramPlan, IsReadAsItWasTold) {
  PlanOutcome outcome;
  outcome.link = to_frame(encode_plan(plan_of(2, 3)));
  const ProgramPlan plan = judge_plan("/bin/job", outcome);
  EXPECT_EQ(plan.status.name, "word count");
  EXPECT_EQ(plan.fingerprint, ~0ULL);
  EXPECT_EQ(plan.text, "a => b");
  EXPECT_EQ(plan.warnings, (std::vector<std::string>{"one", "two"}));
}

TEST(ProgramPlan, TakesAsManySlotsAsItsGreatestParallelism) {
  EXPECT_EQ(slots_of(plan_of(2, 3)), 3U);
  EXPECT_EQ(slots_of(plan_of(4, 1)), 4U);
  EXPECT_EQ(slots_of(ProgramPlan{}), 1U);
}

TEST(ProgramPlan, OfAProgramThatHangsNamesTheTimeLimit) {
  PlanOutcome outcome;
  outcome.crashed = true;
  outcome.time_out = Duration{10'000};
  outcome.said = "waiting";
  EXPECT_THAT(refusal(outcome),
              AllOf(HasSubstr("/bin/job did not tell its plan within 10000 ms"), HasSubstr("It said:\nwaiting")));
}

TEST(ProgramPlan, OfAProgramThatCrashesNamesTheSignal) {
  PlanOutcome outcome;
  outcome.crashed = true;
  outcome.ending = "was killed by signal 11 (Segmentation fault)";
  EXPECT_THAT(refusal(outcome), HasSubstr("signal 11 (Segmentation fault) while it built the job"));
}

TEST(ProgramPlan, OfAProgramThatRefusesItsArgumentsIsItsOwnWords) {
  PlanOutcome outcome;
  outcome.status = 2;
  outcome.said = "No port specified.\n\n";
  EXPECT_EQ(refusal(outcome), "usage: No port specified.");
}

TEST(ProgramPlan, OfAProgramWithoutItsLibrariesSaysSo) {
  PlanOutcome outcome;
  outcome.status = 127;
  outcome.ending = "exited with status 127";
  outcome.said = "job: error while loading shared libraries: libfoo.so.1: cannot open shared object file";
  EXPECT_THAT(refusal(outcome), AllOf(HasSubstr("lacks a library"), HasSubstr("libfoo.so.1")));
}

TEST(ProgramPlan, OfAProgramThatIsNoJobAsksForWeirRun) {
  EXPECT_THAT(refusal({}), HasSubstr("must call weir::run()"));
  PlanOutcome cut;
  cut.link = to_frame(encode_plan(plan_of(1, 1)));
  cut.link.pop_back();
  EXPECT_THAT(refusal(cut), HasSubstr("must call weir::run()"));
  PlanOutcome failed;
  failed.status = 3;
  failed.ending = "exited with status 3";
  EXPECT_THAT(refusal(failed), HasSubstr("exited with status 3 before it told its plan"));
}

}  // namespace
}  // namespace weir::cluster
