#include "weir/connectors/files/separate_directories.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/connectors/collect/collect.h"
#include "weir/connectors/files/files.h"
#include "weir/core/error.h"

#include "source_task.h"

namespace weir::connectors {
namespace {

using testing::AllOf;
using testing::HasSubstr;

struct Out {
  std::string name;
  std::string directory;
  std::string role = "output";
};

/// What is said of a job with these sinks; "": nothing.
std::string said_of(const std::vector<Out>& outs) {
  Graph graph;
  for (const Out& out : outs) {
    GraphNode node;
    node.name = out.name;
    FilesOptions options;
    options.directory = out.directory;
    options.role = out.role;
    node.sink = files<int>(options);
    graph.add(std::move(node));
  }
  GraphNode other;
  other.name = "collected";
  other.sink = collect(std::make_shared<Collected<int>>());
  graph.add(std::move(other));
  return message_of<UsageError>([&] { check_separate_directories(graph); });
}

TEST(SeparateDirectories, AreLetPass) {
  EXPECT_EQ(said_of({{"a", "o"}, {"b", "o2"}, {"c", "p/o"}, {"d", "../o"}, {"e", "/o"}, {"f", "o-2/o"}}), "");
}

TEST(SeparateDirectories, AreAskedForWhenTwoSinksHaveTheSameHoweverItIsWritten) {
  for (const auto& [one, other] : std::vector<std::pair<std::string, std::string>>{
           {"o", "o"}, {"o", "o/"}, {"./o", "o"}, {"p/../o", "o"}, {"o//p", "o/p"}, {"/o", "/o/."}, {".", "./"}}) {
    EXPECT_THAT(said_of({{"counts", one}, {"late", other, "late output"}}),
                AllOf(HasSubstr("'late' and 'counts' both write into '"), HasSubstr("late output directory")))
        << one << " and " << other;
  }
}

TEST(SeparateDirectories, AreAskedForWhenOneLiesInsideAnother) {
  for (const auto& [outer, inner] : std::vector<std::pair<std::string, std::string>>{
           {"o", "o/sub"}, {"o", "./o/sub/deep"}, {"/o", "/o/sub"}, {".", "o"}, {"/", "/o"}, {"../o", "../o/sub"}}) {
    for (const bool inner_first : {false, true}) {
      std::vector<Out> outs = {{"counts", outer}, {"late", inner, "late output"}};
      if (inner_first) std::swap(outs[0], outs[1]);
      EXPECT_THAT(said_of(outs), AllOf(HasSubstr("the late output directory '" + inner +
                                                 "' of the sink 'late' lies inside '" + outer + "'"),
                                       HasSubstr("the sink 'counts'")));
    }
  }
}

}  // namespace
}  // namespace weir::connectors
