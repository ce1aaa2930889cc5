#include "benchmarks/measure.h"

#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::benchmarks {
namespace {

Result result_of(std::int64_t count) {
  Answer answer;
  answer.add(timestamp_ms(10'000), 1, count);
  return {1'000, answer};
}

TEST(Median, IsTheMiddleOrTheMeanOfTheTwoInTheMiddle) {
  EXPECT_EQ(median({3}), 3);
  EXPECT_EQ(median({9, 1, 5}), 5);
  EXPECT_EQ(median({4, 1, 9, 2}), 3);
}

TEST(Comparison, RunsItsVariantsInTurnAfterOneToWarmUp) {
  std::string order;
  Comparison comparison;
  comparison.add("a", [&] { return order += 'a', result_of(1); });
  comparison.add("b", [&] { return order += 'b', result_of(1); });
  comparison.run(3);
  EXPECT_EQ(order, "abababab");
}

TEST(Comparison, RefusesAVariantThatAnswersDifferently) {
  Comparison comparison;
  comparison.add("generator", [] { return Result{1'000, std::nullopt}; });
  comparison.add("right", [] { return result_of(1); });
  comparison.add("wrong", [] { return result_of(2); });
  try {
    comparison.run(1);
    FAIL() << "accepted";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), testing::AllOf(testing::HasSubstr("wrong answers 1 rows"), testing::HasSubstr("right")));
  }
}

TEST(Comparison, RefusesAVariantThatAnswersDifferentlyTheSecondTime) {
  int runs = 0;
  Comparison comparison;
  comparison.add("unsteady", [&] { return result_of(++runs); });
  EXPECT_THROW(comparison.run(1), std::runtime_error);
}

TEST(Comparison, PrintsARowForEachVariantAndTheAnswer) {
  Comparison comparison;
  comparison.add("generator", [] { return Result{1'000, std::nullopt}; });
  comparison.add("P1", [] { return result_of(1); });
  comparison.run(2);
  EXPECT_THAT(comparison.table("P1"),
              testing::AllOf(testing::HasSubstr("\ngenerator "), testing::HasSubstr("\nP1 "),
                             testing::HasSubstr("1000 bids"), testing::HasSubstr("answers 1 rows")));
}

}  // namespace
}  // namespace weir::benchmarks
