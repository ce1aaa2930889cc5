#include "weir/stream/names.h"

#include <functional>
#include <string>

#include <gtest/gtest.h>

#include "weir/weir.h"

namespace weir {
namespace {

using namespace std::chrono_literals;

struct Click {
  Timestamp time;
  int user;
};
WEIR_FIELDS(Click, time, user);

Parsed<Click> parse_click(std::string_view) { return Click{}; }

/// The nodes' names once the graph is complete, in order, separated by "; ".
std::string names_of(const std::function<void(Environment&)>& job, bool checkpoints = false) {
  Environment env(Arguments(std::vector<std::string>{}), {.pre_aggregate = true, .checkpoints = checkpoints});
  job(env);
  std::string names;
  const Graph graph = env.take_graph();
  for (const GraphNode& node : graph.nodes()) names += (names.empty() ? "" : "; ") + node.name;
  return names;
}

/// What taking the graph of a job with checkpoints says.
std::string name_error(const std::function<void(Environment&)>& job) {
  try {
    names_of(job, true);
  } catch (const UserError& error) {
    return error.what();
  }
  return "";
}

auto clicks_by_user(const Stream<Click>& clicks) {
  return clicks.timestamps(&Click::time, monotone_timestamps()).key_by(&Click::user).window(TumblingEventTime{1s});
}

TEST(Names, AreLentToOperatorsThatNeedNoneOfTheirOwn) {
  EXPECT_EQ(names_of([](Environment& env) {
              clicks_by_user(env.lines("in").name("clicks").parse(parse_click, OnMalformed::dead_letter("bad")))
                  .count()
                  .name("counts")
                  .print()
                  .name("out");
            }),
            "Source: clicks; Parse; Sink: Dead Letters: clicks; Timestamps: clicks; Pre-Aggregate: counts; counts; "
            "Sink: out");
}

TEST(Names, AreLentByTheNearestThatHasOne) {
  EXPECT_EQ(names_of([](Environment& env) {
              env.lines("in")
                  .name("clicks")
                  .parse(parse_click)
                  .name("parsed")
                  .timestamps(&Click::time, monotone_timestamps());
            }),
            "Source: clicks; parsed; Timestamps: parsed");
}

TEST(Names, OfOperatorsWithoutOneAreNumberedWhereTheyWouldBeTheSame) {
  EXPECT_EQ(names_of([](Environment& env) {
              const auto keep = [](int number) { return number > 0; };
              const auto numbers = env.from_values<int>({1}).name("numbers");
              numbers.filter(keep).filter(keep).filter(keep).name("Filter (3)").filter(keep);
            }),
            "Source: numbers; Filter; Filter (2); Filter (3); Filter (4)");
}

TEST(Names, StayAsTheyAreWhereTheUserGaveThemOrNothingNearHasOne) {
  EXPECT_EQ(
      names_of([](Environment& env) {
        env.from_values<Click>({}).name("clicks").timestamps(&Click::time, monotone_timestamps()).name("click times");
      }),
      "Source: clicks; click times");
  EXPECT_EQ(names_of([](Environment& env) { clicks_by_user(env.from_values<Click>({})).count(); }),
            "Source: Values; Timestamps; Pre-Aggregate; Count in TumblingEventTime(1000 ms)");
}

TEST(Names, AreDemandedOfAllThatKeepsStateWithTheLineToWrite) {
  const auto job = [](Environment& env) { clicks_by_user(env.from_values<Click>({})).count().print(); };
  EXPECT_NE(names_of(job), "") << "without checkpoints nothing needs a name";
  EXPECT_EQ(
      name_error(job),
      "checkpoints find state by names, and these have none yet:\n"
      "  the source 'Source: Values' (number 1 of the graph): write .name(\"...\") right behind the call that makes "
      "it\n"
      "  the operator 'Count in TumblingEventTime(1000 ms)' (number 4 of the graph, behind 'Pre-Aggregate'): write "
      ".name(\"...\") right behind the call that makes it\n"
      "  the sink 'Sink: Print' (number 5 of the graph, behind 'Count in TumblingEventTime(1000 ms)'): write "
      ".name(\"...\") right behind the call that makes it");
}

TEST(Names, AreNotDemandedOfWhatKeepsNoState) {
  EXPECT_EQ(name_error([](Environment& env) {
              env.from_values<int>({1}).name("in").map([](int n) { return n; }).print().name("out");
            }),
            "");
}

TEST(Names, MustNotBeEmpty) {
  EXPECT_EQ(
      name_error([](Environment& env) { env.from_values<int>({1}).name("in").print().name(""); }),
      "checkpoints find state by names, and these have none yet:\n"
      "  the sink 'Sink: ' (number 2 of the graph, behind 'Source: in'): write .name(\"...\") right behind the call "
      "that makes it");
}

TEST(Names, AreRefusedWhenTwoHaveTheSame) {
  EXPECT_EQ(
      name_error([](Environment& env) {
        const auto numbers = env.from_values<int>({1}).name("in");
        numbers.print().name("out");
        numbers.map([](int n) { return n; }).name("more").print().name("out");
      }),
      "checkpoints find state by names, and two have the name 'Sink: out': the sink number 2 of the graph, behind "
      "'Source: in', and the sink number 4 of the graph, behind 'more'; write another .name(\"...\") behind one of "
      "them");
}

TEST(Names, OfSourcesOperatorsAndSinksDoNotMeet) {
  EXPECT_EQ(name_error([](Environment& env) {
              env.from_values<int>({1}).name("n").map([](int n) { return n; }).name("n").print().name("n");
            }),
            "");
}

TEST(Names, ThatAreLentTwiceAreRefused) {
  const auto job = [](bool named) {
    return name_error([named](Environment& env) {
      const auto clicks = env.from_values<Click>({}).name("clicks");
      clicks.timestamps(&Click::time, monotone_timestamps()).print().name("a");
      const auto second = clicks.timestamps(&Click::time, bounded_out_of_orderness(1s));
      if (named) second.name("slow times");
      second.print().name("b");
    });
  };
  EXPECT_NE(job(false).find("two have the name 'Timestamps: clicks'"), std::string::npos) << job(false);
  EXPECT_EQ(job(true), "");
}

}  // namespace
}  // namespace weir
