#include "weir/stream/operator_state.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/core/error.h"
#include "weir/core/fields.h"
#include "weir/sim/world.h"
#include "weir/stream/broadcast_state.h"
#include "weir/stream/operators/plain_functions.h"

#include "driven_operator.h"
#include "error_text.h"

namespace weir::detail {
namespace {

struct PriceV1 {
  std::int64_t cents = 0;
};
WEIR_FIELDS(PriceV1, cents);

struct Thousandths {
  std::int64_t amount = 0;
};
WEIR_FIELDS(Thousandths, amount);

}  // namespace
}  // namespace weir::detail

template <>
struct weir::Migration<weir::detail::Thousandths> {
  using From = weir::detail::PriceV1;
  static weir::detail::Thousandths migrate(From old) {
    if (old.cents < 0) throw std::runtime_error("a price below nothing");
    return {old.cents * 10};
  }
};

namespace weir::detail {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

template <class State>
std::vector<SavedValues> saved(const std::vector<std::vector<int>>& lists) {
  std::vector<SavedValues> before;
  for (const auto& list : lists) {
    State state("numbers");
    state.set(list);
    state.save(before.emplace_back());
  }
  return before;
}

template <class State>
std::vector<std::vector<int>> restored(const std::vector<SavedValues>& before, std::uint32_t parallelism) {
  std::vector<std::vector<int>> lists;
  for (std::uint32_t i = 0; i < parallelism; ++i) {
    State state("numbers");
    state.add(99);
    state.restore(before, {i, parallelism});
    lists.push_back(state.get());
  }
  return lists;
}

TEST(OperatorListState, IsEverySubtasksOwnWhileTheParallelismStays) {
  const auto before = saved<OperatorListState<int>>({{1, 2, 3}, {}, {4}});
  EXPECT_THAT(restored<OperatorListState<int>>(before, 3),
              ElementsAre(ElementsAre(1, 2, 3), IsEmpty(), ElementsAre(4)));
}

TEST(OperatorListState, IsSharedOutEvenlyAtAnotherParallelism) {
  const auto before = saved<OperatorListState<int>>({{1, 2, 3}, {}, {4, 5, 6, 7}});
  EXPECT_THAT(restored<OperatorListState<int>>(before, 2), ElementsAre(ElementsAre(1, 2, 3), ElementsAre(4, 5, 6, 7)));
  EXPECT_THAT(restored<OperatorListState<int>>(before, 1), ElementsAre(ElementsAre(1, 2, 3, 4, 5, 6, 7)));
  for (std::uint32_t parallelism = 1; parallelism < 20; ++parallelism) {
    if (parallelism == 3) continue;
    std::vector<int> all;
    for (const auto& list : restored<OperatorListState<int>>(before, parallelism)) {
      EXPECT_LE(list.size(), 7 / parallelism + 1);
      all.insert(all.end(), list.begin(), list.end());
    }
    EXPECT_THAT(all, ElementsAre(1, 2, 3, 4, 5, 6, 7)) << parallelism;
  }
}

TEST(UnionListState, IsThatOfAllForEverySubtaskAtAnyParallelism) {
  const auto before = saved<UnionListState<int>>({{1, 2}, {3}});
  for (const std::uint32_t parallelism : {1U, 2U, 5U})
    for (const auto& list : restored<UnionListState<int>>(before, parallelism))
      EXPECT_THAT(list, ElementsAre(1, 2, 3)) << parallelism;
}

/// Remembers numbers in a list of its own, or in that of all.
template <class State>
struct Remembering {
  State numbers{"numbers"};
  std::function<void(Remembering&)> at_restored;

  void open(FunctionOpening& opening) {
    EXPECT_TRUE(numbers.empty());
    opening.keep(numbers);
  }
  void restored() {
    if (at_restored) at_restored(*this);
  }
  void process_element(int number, FunctionContext& context, Out<std::string>& out) {
    numbers.add(number);
    out.emit(fmt::format("{} at {} of {} behind {}", number, to_ms(context.timestamp()), numbers.size(),
                         to_ms(context.watermark().time())));
  }
  void snapshot_state() { numbers.add(-1); }
  void close(Out<std::string>& out) { out.emit(fmt::format("closed with {}", numbers.size())); }
};

class PlainFunction : public testing::Test {
 protected:
  template <class F>
  std::unique_ptr<tests::DrivenOperator> start(F function, std::uint32_t subtask = 0, std::uint32_t parallelism = 1) {
    auto driven =
        std::make_unique<tests::DrivenOperator>(std::make_unique<PlainFunctionOperator<int, F>>(std::move(function)),
                                                &world_, false, nullptr, SubtaskIndex(subtask), parallelism);
    driven->template add_port<std::string>(2, [](const std::string& text, Timestamp) { return text; });
    return driven;
  }

  static BatchPtr numbers(const std::vector<int>& all) {
    auto batch = std::make_unique<Batch<int>>(all.size());
    for (const int number : all) batch->push(number, timestamp_ms(number * 10), 0);
    return batch;
  }

  sim::World world_{1};
};

TEST_F(PlainFunction, LivesFromOpenToClose) {
  const auto function = start(Remembering<OperatorListState<int>>{});
  function->watermark(5);
  function->feed(numbers({7, 8}));
  function->end();
  EXPECT_THAT(function->take(),
              ElementsAre("watermark 5", "7 at 70 of 1 behind 5", "8 at 80 of 2 behind 5", "closed with 2"));
}

TEST_F(PlainFunction, SavesWhatItHasWhereABarrierPassesAndGoesOnWithIt) {
  const auto function = start(Remembering<OperatorListState<int>>{});
  function->watermark(30);
  function->feed(numbers({7, 8}));
  function->barrier(1);
  const SavedValues taken = function->saved();
  function->feed(numbers({9}));
  std::size_t back = 0;
  const auto again =
      start(Remembering<OperatorListState<int>>{.at_restored = [&back](auto& self) { back = self.numbers.size(); }});
  again->op().restore(taken);
  EXPECT_EQ(back, 3U) << "7, 8, and what snapshot_state() has added";
  again->feed(numbers({9}));
  EXPECT_THAT(again->take(), ElementsAre("9 at 90 of 4 behind 30"));
}

TEST_F(PlainFunction, WithAUnionListIsGivenWhatAllHadSaved) {
  std::vector<SavedValues> before;
  for (std::uint32_t i = 0; i < 2; ++i) {
    const auto function = start(Remembering<UnionListState<int>>{}, i, 2);
    function->feed(numbers({static_cast<int>(i)}));
    before.push_back(function->saved());
  }
  const auto again = start(Remembering<UnionListState<int>>{}, 1, 2);
  EXPECT_TRUE(dynamic_cast<RestoresFromAll&>(again->op()).restores_from_all());
  ASSERT_TRUE(again->op().restore_rescaled(before));
  again->feed(numbers({5}));
  EXPECT_THAT(again->take(), ElementsAre(HasSubstr("5 at 50 of 3")));
  const auto split = start(Remembering<OperatorListState<int>>{});
  EXPECT_FALSE(dynamic_cast<RestoresFromAll&>(split->op()).restores_from_all());
}

struct NamedPrice {
  std::string name = "none";
  std::int64_t cents = 0;
};
WEIR_FIELDS(NamedPrice, name, cents);

template <template <class> class State>
std::vector<SavedValues> saved_prices(const std::vector<std::vector<PriceV1>>& lists) {
  std::vector<SavedValues> before;
  for (const auto& list : lists) {
    State<PriceV1> state("prices");
    state.set(list);
    state.save(before.emplace_back());
  }
  return before;
}

TEST(OperatorListState, TakesWhatAnEarlierVersionOfItsTypeSaved) {
  const auto before = saved_prices<OperatorListState>({{{1}, {2}}, {{3}, {4}}});
  for (const std::uint32_t parallelism : {1U, 2U, 4U}) {
    std::vector<std::int64_t> all;
    for (std::uint32_t i = 0; i < parallelism; ++i) {
      OperatorListState<NamedPrice> state("prices");
      state.restore(before, {i, parallelism});
      for (const NamedPrice& price : state.get()) {
        EXPECT_EQ(price.name, "none");
        all.push_back(price.cents);
      }
    }
    EXPECT_THAT(all, ElementsAre(1, 2, 3, 4)) << parallelism;
  }
}

TEST(UnionListState, TakesWhatAMigrationMakesOfItsElements) {
  UnionListState<Thousandths> state("prices");
  state.restore(saved_prices<UnionListState>({{{1}}, {{2}}}), {0, 2});
  EXPECT_THAT(state.get(),
              ElementsAre(testing::Field(&Thousandths::amount, 10), testing::Field(&Thousandths::amount, 20)));
}

TEST(UnionListState, NamesTheListWhoseMigrationThrows) {
  UnionListState<Thousandths> state("prices");
  const auto before = saved_prices<UnionListState>({{{-1}}});
  EXPECT_THAT(error_of([&] { state.restore(before, {0, 1}); }),
              AllOf(HasSubstr("'union list state: prices'"), HasSubstr("below nothing")));
}

TEST(BroadcastState, TakesValuesOfAnEarlierVersionOfTheirType) {
  BroadcastState<std::string, PriceV1> state("prices");
  state.set("apple", {5});
  std::vector<SavedValues> before(1);
  state.save(before[0]);
  BroadcastState<std::string, NamedPrice> now("prices");
  now.restore(before, {0, 1});
  ASSERT_NE(now.get("apple"), nullptr);
  EXPECT_EQ(now.get("apple")->cents, 5);
  EXPECT_EQ(now.get("apple")->name, "none");
}

struct Texts {
  OperatorListState<std::string> numbers{"numbers"};
  void open(FunctionOpening& opening) { opening.keep(numbers); }
  void process_element(int, FunctionContext&, Out<std::string>&) {}
};

TEST_F(PlainFunction, RefusesAListOfAnotherType) {
  const auto function = start(Remembering<OperatorListState<int>>{});
  function->feed(numbers({1}));
  const SavedValues taken = function->saved();
  const auto other = start(Texts{});
  const std::string error = error_of([&] { other->op().restore(taken); });
  EXPECT_THAT(error, HasSubstr("numbers"));
  EXPECT_THAT(error, HasSubstr("string"));
}

struct Twice {
  OperatorListState<int> one{"numbers"};
  UnionListState<int> other{"numbers"};
  void open(FunctionOpening& opening) {
    opening.keep(one);
    opening.keep(other);
  }
  void process_element(int, FunctionContext&, Out<std::string>&) {}
};

TEST_F(PlainFunction, RefusesTwoListsOfOneName) {
  EXPECT_THAT(error_of([&] { start(Twice{}); }), HasSubstr("two states named 'numbers'"));
}

}  // namespace
}  // namespace weir::detail
