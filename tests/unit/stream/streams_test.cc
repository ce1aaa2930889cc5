#include <gtest/gtest.h>

#include "weir/weir.h"

namespace weir {
namespace {

using namespace std::chrono_literals;

Environment empty_environment() { return Environment(Arguments(std::vector<std::string>{})); }

/// The windows of a stream of numbers, each its own key.
auto windows_of(Environment& env, WindowLayout layout) {
  return env.from_values<int>({1, 2}).key_by([](int number) { return number; }).window(layout);
}

TEST(Streams, AreBoundedAsTheirSourcesAre) {
  Environment env = empty_environment();
  const auto values = env.from_values<int>({1});
  const auto endless = env.generate({}, [](std::uint64_t index) { return static_cast<int>(index); });
  EXPECT_TRUE(values.map([](int number) { return number; }).bounded());
  EXPECT_FALSE(endless.filter([](int) { return true; }).bounded());
  EXPECT_FALSE(values.union_with(endless).bounded());
  EXPECT_TRUE(env.generate({.count = 3}, [](std::uint64_t index) { return index; }).bounded());
}

TEST(Streams, NameTheOperatorTheyComeFrom) {
  Environment env = empty_environment();
  env.from_values<int>({1})
      .name("numbers")
      .filter([](int) { return true; })
      .name("some")
      .parallelism(3)
      .print()
      .name("shown");
  const auto& nodes = env.graph().nodes();
  ASSERT_EQ(nodes.size(), 3U);
  EXPECT_EQ(nodes[0].name, "Source: numbers");
  EXPECT_EQ(nodes[1].name, "some");
  EXPECT_EQ(nodes[1].parallelism, 3U);
  EXPECT_EQ(nodes[2].name, "Sink: shown");
  for (const GraphNode& node : nodes) EXPECT_TRUE(node.named) << node.name;
}

TEST(Streams, RefuseANameOrParallelismForAUnion) {
  Environment env = empty_environment();
  const auto numbers = env.from_values<int>({1});
  const auto all = numbers.union_with(env.from_values<int>({2}));
  EXPECT_THROW(all.name("all"), UserError);
  EXPECT_THROW(all.parallelism(2), UserError);
  EXPECT_NO_THROW(all.filter([](int) { return true; }).name("all").parallelism(2));
}

TEST(Windows, TakeAnAllowedLatenessInEventTimeOnly) {
  Environment env = empty_environment();
  EXPECT_NO_THROW(windows_of(env, TumblingEventTime{1s}).allowed_lateness(5s));
  EXPECT_NO_THROW(windows_of(env, TumblingProcessingTime{1s}).allowed_lateness(0s));
  EXPECT_THROW(windows_of(env, TumblingEventTime{1s}).allowed_lateness(-1ms), UserError);
  EXPECT_THROW(windows_of(env, TumblingProcessingTime{1s}).allowed_lateness(1ms), UserError);
}

TEST(Watermarks, RefuseANegativeBound) {
  EXPECT_EQ(bounded_out_of_orderness(3s).out_of_orderness, 3s);
  EXPECT_EQ(monotone_timestamps().out_of_orderness, 0s);
  EXPECT_THROW(bounded_out_of_orderness(-1ms), UserError);
}

}  // namespace
}  // namespace weir
