#include "weir/runtime/state_survey.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/core/fields.h"
#include "weir/runtime/job_shape.h"
#include "weir/sim/world.h"
#include "weir/stream/environment.h"
#include "weir/stream/operator_state.h"

#include "error_text.h"

// List state of a checkpoint in a job that may have changed, before the job runs.

namespace weir::runtime {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Fate = SurveyedState::Fate;

struct Price {
  std::int64_t cents = 0;
};
WEIR_FIELDS(Price, cents);

struct NamedPrice {
  std::string name;
  std::int64_t cents = 0;
};
WEIR_FIELDS(NamedPrice, name, cents);

template <class State>
struct Keeping {
  State prices{"prices"};
  void open(FunctionOpening& opening) { opening.keep(prices); }
  void process_element(int number, FunctionContext&, Out<int>& out) { out.emit(number); }
};

struct KeepsNothing {
  void process_element(int number, FunctionContext&, Out<int>& out) { out.emit(number); }
};

template <class Function>
Graph graph_of(Function function) {
  Environment env(Arguments(std::vector<std::string>{}));
  env.generate({.count = 1}, [](std::uint64_t) { return 1; }).process(function).name("keep").print();
  return env.take_graph();
}

/// What two subtasks of "keep" saved, the first of them nothing.
checkpoint::Manifest manifest_of(const std::vector<Price>& prices) {
  OperatorListState<Price> state("prices");
  state.set(prices);
  checkpoint::Manifest manifest;
  manifest.operators.resize(2);
  for (OperatorSnapshot& snapshot : manifest.operators) snapshot.name = "keep";
  manifest.operators[1].values.put("watermark", Timestamp::min());
  state.save(manifest.operators[1].values);
  return manifest;
}

class ListStateInAnotherJob : public testing::Test {
 protected:
  template <class Function>
  std::vector<SurveyedState> survey(Function function) {
    const checkpoint::Manifest manifest = manifest_of({{1}, {2}});
    return survey_states(manifest, declared_states(graph_of(function), manifest, world_, kDefaultKeyGroups));
  }

  sim::World world_{1};
};

TEST_F(ListStateInAnotherJob, IsKeptAsItIs) {
  const auto states = survey(Keeping<OperatorListState<Price>>{});
  ASSERT_EQ(states.size(), 1U);
  EXPECT_EQ(states[0].operator_name, "keep");
  EXPECT_EQ(states[0].kind, "list state");
  EXPECT_EQ(states[0].name, "prices");
  EXPECT_EQ(states[0].fate, Fate::kKept);
}

TEST_F(ListStateInAnotherJob, IsBroughtUpToDate) {
  const auto states = survey(Keeping<OperatorListState<NamedPrice>>{});
  ASSERT_EQ(states.size(), 1U);
  EXPECT_EQ(states[0].fate, Fate::kMigrated);
  EXPECT_THAT(states[0].changes, ElementsAre(HasSubstr("'name' is new")));
  EXPECT_THAT(sentence_about(states[0]), HasSubstr("operator 'keep', list state 'prices': its values are brought up"));
}

TEST_F(ListStateInAnotherJob, OfAnotherTypeIsRefusedWithBothSchemas) {
  const auto states = survey(Keeping<OperatorListState<std::string>>{});
  ASSERT_EQ(states.size(), 1U);
  EXPECT_EQ(states[0].fate, Fate::kRefused);
  const std::string error = error_of([&] { check_states(states, "ck", NonRestoredState::kDropped); });
  EXPECT_THAT(error, HasSubstr("operator 'keep', list state 'prices'"));
  EXPECT_THAT(error, HasSubstr("cents"));
  EXPECT_THAT(error, HasSubstr("string"));
}

TEST_F(ListStateInAnotherJob, ThatItDoesNotKeepAnyMoreIsDroppedOnlyIfThatIsSaid) {
  for (const auto& states : {survey(KeepsNothing{}), survey(Keeping<UnionListState<Price>>{})}) {
    ASSERT_EQ(states.size(), 1U);
    EXPECT_EQ(states[0].fate, Fate::kDropped);
    EXPECT_THAT(error_of([&] { check_states(states, "ck", NonRestoredState::kRefused); }),
                HasSubstr("operator 'keep' has no list state 'prices' any more"));
    EXPECT_THAT(error_of([&] { check_states(states, "ck", NonRestoredState::kDropped); }), IsEmpty());
  }
}

}  // namespace
}  // namespace weir::runtime
