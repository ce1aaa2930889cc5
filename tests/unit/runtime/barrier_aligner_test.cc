#include "weir/runtime/barrier_aligner.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace weir::runtime {
namespace {

using Outcome = BarrierAligner::Outcome;

BarrierAligner with_inputs(std::size_t inputs) {
  BarrierAligner aligner;
  for (std::size_t i = 0; i < inputs; ++i) aligner.add_input();
  return aligner;
}

TEST(BarrierAligner, HoldsBackAnInputThatAlreadyDeliveredItsBarrier) {
  BarrierAligner aligner = with_inputs(3);
  EXPECT_EQ(aligner.on_barrier(1, CheckpointId(5)), Outcome::kWaiting);
  EXPECT_TRUE(aligner.held(1));
  EXPECT_FALSE(aligner.held(0));
  EXPECT_FALSE(aligner.held(2));
  EXPECT_TRUE(aligner.aligning());
}

TEST(BarrierAligner, FreesAllInputsWhenTheLastHasDelivered) {
  BarrierAligner aligner = with_inputs(2);
  aligner.on_barrier(1, CheckpointId(5));
  EXPECT_EQ(aligner.on_barrier(0, CheckpointId(5)), Outcome::kAligned);
  EXPECT_FALSE(aligner.held(0));
  EXPECT_FALSE(aligner.held(1));
  EXPECT_FALSE(aligner.aligning());
}

TEST(BarrierAligner, AlignsAtOnceWithOneInput) {
  BarrierAligner aligner = with_inputs(1);
  EXPECT_EQ(aligner.on_barrier(0, CheckpointId(1)), Outcome::kAligned);
  EXPECT_EQ(aligner.on_barrier(0, CheckpointId(2)), Outcome::kAligned);
}

TEST(BarrierAligner, GivesABarrierUpForANewerOneAndFreesItsInputs) {
  BarrierAligner aligner = with_inputs(3);
  aligner.on_barrier(0, CheckpointId(1));
  EXPECT_EQ(aligner.on_barrier(1, CheckpointId(2)), Outcome::kCancelled);
  EXPECT_FALSE(aligner.held(0));
  EXPECT_TRUE(aligner.held(1));
  EXPECT_EQ(aligner.on_barrier(0, CheckpointId(2)), Outcome::kWaiting);
  EXPECT_EQ(aligner.on_barrier(2, CheckpointId(1)), Outcome::kStale);
  EXPECT_FALSE(aligner.held(2));
  EXPECT_EQ(aligner.on_barrier(2, CheckpointId(2)), Outcome::kAligned);
}

TEST(BarrierAligner, DropsABarrierThatWasAlignedBefore) {
  BarrierAligner aligner = with_inputs(2);
  aligner.on_barrier(0, CheckpointId(3));
  aligner.on_barrier(1, CheckpointId(3));
  EXPECT_EQ(aligner.on_barrier(0, CheckpointId(3)), Outcome::kStale);
  EXPECT_EQ(aligner.on_barrier(0, CheckpointId(2)), Outcome::kStale);
  EXPECT_FALSE(aligner.held(0));
}

/// What each input still has to deliver, and what is expected of the aligner: a model with sets instead of counts.
class Model {
 public:
  explicit Model(std::vector<std::vector<int>> scripts) : scripts_(std::move(scripts)), at_(scripts_.size(), 0) {}

  std::size_t inputs() const { return scripts_.size(); }
  bool has_more(std::size_t input) const { return at_[input] < scripts_[input].size(); }
  int take(std::size_t input) { return scripts_[input][at_[input]++]; }

  Outcome expected(std::size_t input, int barrier) {
    if (newest_ && barrier < *newest_) return Outcome::kStale;
    if (newest_ && barrier == *newest_ && waiting_.empty()) return Outcome::kStale;
    const bool cancels = newest_ && barrier > *newest_ && !waiting_.empty();
    if (!newest_ || barrier > *newest_) waiting_.clear();
    newest_ = barrier;
    waiting_.insert(waiting_.end(), input);
    if (waiting_.size() == inputs()) {
      waiting_.clear();
      return Outcome::kAligned;
    }
    return cancels ? Outcome::kCancelled : Outcome::kWaiting;
  }
  bool held(std::size_t input) const { return std::find(waiting_.begin(), waiting_.end(), input) != waiting_.end(); }

 private:
  std::vector<std::vector<int>> scripts_;
  std::vector<std::size_t> at_;
  std::optional<int> newest_;
  std::vector<std::size_t> waiting_;  ///< inputs that have delivered the newest
};

/// Goes all ways from here: an input that is not held back delivers its next barrier. Counts the ends, where nobody
/// can.
void explore(const Model& model, const BarrierAligner& aligner, const std::string& path, std::size_t& ends,
             const std::function<void(const Model&, const std::string&)>& at_end) {
  bool moved = false;
  for (std::size_t input = 0; input < model.inputs(); ++input) {
    ASSERT_EQ(aligner.held(input), model.held(input)) << path;
    if (model.held(input) || !model.has_more(input)) continue;
    moved = true;
    Model next = model;
    BarrierAligner aligned = aligner;
    const int barrier = next.take(input);
    const std::string here = path + " " + std::to_string(input) + ":" + std::to_string(barrier);
    const Outcome expected = next.expected(input, barrier);
    ASSERT_EQ(aligned.on_barrier(input, CheckpointId(static_cast<std::uint64_t>(barrier))), expected) << here;
    explore(next, aligned, here, ends, at_end);
    if (testing::Test::HasFatalFailure()) return;
  }
  if (moved) return;
  ++ends;
  at_end(model, path);
}

/// All subsets of 1 .. `barriers`, in order.
std::vector<std::vector<int>> scripts_of(int barriers) {
  std::vector<std::vector<int>> scripts;
  for (int set = 0; set < 1 << barriers; ++set) {
    std::vector<int> script;
    for (int barrier = 1; barrier <= barriers; ++barrier)
      if ((set >> (barrier - 1) & 1) != 0) script.push_back(barrier);
    scripts.push_back(script);
  }
  return scripts;
}

TEST(BarrierAligner, DoesWhatItsModelDoesWhateverIsMissingAndInEveryOrder) {
  std::size_t ends = 0;
  for (const auto& first : scripts_of(3))
    for (const auto& second : scripts_of(3))
      for (const auto& third : scripts_of(3))
        explore(Model({first, second, third}), with_inputs(3), "", ends, [](const Model&, const std::string&) {});
  EXPECT_GT(ends, 5'000U);
}

TEST(BarrierAligner, NeverHoldsAnInputForEverWhenEachDeliversEveryBarrier) {
  std::size_t ends = 0;
  const std::vector<int> all{1, 2, 3, 4};
  explore(Model({all, all, all}), with_inputs(3), "", ends, [](const Model& model, const std::string& path) {
    for (std::size_t input = 0; input < model.inputs(); ++input) {
      EXPECT_FALSE(model.has_more(input)) << path;
      EXPECT_FALSE(model.held(input)) << path;
    }
  });
  EXPECT_EQ(ends, 1296U) << "each of four barriers comes together in each of six orders";
}

}  // namespace
}  // namespace weir::runtime
