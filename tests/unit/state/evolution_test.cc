#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/core/error.h"
#include "weir/core/fields.h"
#include "weir/core/key_groups.h"
#include "weir/state/entry_key.h"
#include "weir/state/keyed_table.h"
#include "weir/state/list_state.h"
#include "weir/state/map_state.h"
#include "weir/state/sliced_state.h"
#include "weir/state/timers.h"
#include "weir/state/value_state.h"

#include "state_bed.h"

// Keyed state that a checkpoint holds in one form and the job has in another.

namespace weir::state::evolution_test {

using testing::AllOf;
using testing::HasSubstr;

namespace before {

struct Total {
  std::string unit;
  std::int64_t sum = 0;
};
WEIR_FIELDS(Total, unit, sum);

struct Degrees {
  double fahrenheit = 0;
};
WEIR_FIELDS(Degrees, fahrenheit);

}  // namespace before

namespace now {

struct Total {
  std::int64_t sum = 0;
  std::int32_t scale = 10;
};
WEIR_FIELDS(Total, sum, scale);

struct Degrees {
  double celsius = 0;
};
WEIR_FIELDS(Degrees, celsius);

}  // namespace now

}  // namespace weir::state::evolution_test

template <>
struct weir::Migration<weir::state::evolution_test::now::Degrees> {
  using From = weir::state::evolution_test::before::Degrees;
  static weir::state::evolution_test::now::Degrees migrate(From old) {
    if (old.fahrenheit < -459) throw std::runtime_error("colder than cold");
    return {(old.fahrenheit - 32) / 1.8};
  }
};

namespace weir::state::evolution_test {
namespace {

using Key = std::uint32_t;
constexpr Key kKeys = 50;

/// An operator with every kind of state, of types that one version of the job has.
template <class Total, class Degrees>
struct States {
  explicit States(KeyedState& state) {
    value.open(state, "value");
    list.open(state, "list");
    map.open(state, "map");
    slices.open(state, "slices");
    timers.open(state, "timers");
  }
  void choose(Key key) {
    chosen = key;
    current.set(hash_key(chosen), chosen);
  }

  Key chosen = 0;
  CurrentKey<Key> current;
  ValueState<Key, Total> value{current};
  ListState<Key, std::vector<Total>> list{current};
  MapState<Key, std::string, Degrees> map{current};
  SlicedState<Key, Total> slices;
  Timers<Key> timers{current};
};
using Before = States<before::Total, before::Degrees>;
using Now = States<now::Total, now::Degrees>;

constexpr Timestamp kSlice = timestamp_ms(1000);

void fill(Before& states) {
  for (Key key = 0; key < kKeys; ++key) {
    states.choose(key);
    states.value.set({"kg", key});
    states.list.add({{"m", key}, {"m", key + 1}});
    states.list.add({{"m", key + 2}});
    states.map.set("sea", {32});
    states.map.set("sauna", {212});
    *states.slices.slices().at(kSlice).find_or_insert(hash_key(key), key).first = {"l", key * 2};
    states.timers.set(timestamp_ms(key + 1));
  }
}

void expect_all(Now& states, Key key) {
  states.choose(key);
  ASSERT_NE(states.value.get(), nullptr);
  EXPECT_EQ(states.value.get()->sum, key);
  EXPECT_EQ(states.value.get()->scale, 10);
  ASSERT_EQ(states.list.size(), 2U);
  EXPECT_EQ(states.list[0].at(1).sum, key + 1);
  EXPECT_EQ(states.list[1].at(0).scale, 10);
  ASSERT_EQ(states.map.size(), 2U);
  EXPECT_DOUBLE_EQ(states.map.get("sea")->celsius, 0);
  EXPECT_DOUBLE_EQ(states.map.get("sauna")->celsius, 100);
  const auto* slice = states.slices.slices().find(kSlice);
  ASSERT_NE(slice, nullptr);
  ASSERT_NE(slice->find(hash_key(key), key), nullptr);
  EXPECT_EQ(slice->find(hash_key(key), key)->sum, key * 2);
}

StateHandle checkpoint_before(StateBed& bed) {
  auto state = bed.make();
  Before states(*state);
  fill(states);
  return bed.checkpoint(*state);
}

TEST(KeyedStateEvolution, BringsEveryKindOfStateUpToDate) {
  StateBed bed;
  auto state = bed.make();
  state->expect({checkpoint_before(bed)}, bed.fetch());
  Now states(*state);
  bed.finish_restore(*state);
  for (Key key = 0; key < kKeys; ++key) expect_all(states, key);
  EXPECT_EQ(states.timers.size(), kKeys);
}

TEST(KeyedStateEvolution, IsOverWithTheFirstCheckpointOfTheNewTypes) {
  StateBed bed;
  StateHandle handle = checkpoint_before(bed);
  for (int life = 0; life < 3; ++life) {
    auto state = bed.make();
    state->expect({handle}, bed.fetch());
    Now states(*state);
    bed.finish_restore(*state);
    // Nothing is touched: what was migrated must be in the checkpoint all the same.
    handle = bed.checkpoint(*state);
    EXPECT_EQ(handle.states.front().value, schema_of<now::Total>());
    expect_all(states, 7);
  }
}

TEST(KeyedStateEvolution, GoesTogetherWithAnotherParallelism) {
  StateBed bed;
  const StateHandle handle = checkpoint_before(bed);
  Key found = 0;
  for (std::uint32_t subtask = 0; subtask < 3; ++subtask) {
    auto state = bed.make(SubtaskIndex(subtask), 3);
    state->expect({handle}, bed.fetch());
    Now states(*state);
    bed.finish_restore(*state);
    for (Key key = 0; key < kKeys; ++key) {
      states.choose(key);
      if (states.value.get() == nullptr) continue;
      expect_all(states, key);
      ++found;
    }
  }
  EXPECT_EQ(found, kKeys);
}

TEST(KeyedStateEvolution, DoesNotTouchRowsBelowAHorizon) {
  StateBed bed;
  auto state = bed.make();
  Before states(*state);
  fill(states);
  bed.checkpoint(*state);
  states.slices.slices().expire_until(kSlice);
  const StateHandle handle = bed.checkpoint(*state);
  auto again = bed.make();
  again->expect({handle}, bed.fetch());
  Now later(*again);
  bed.finish_restore(*again);
  EXPECT_EQ(later.slices.slices().entries(), 0U);
  later.choose(3);
  EXPECT_EQ(later.value.get()->sum, 3);
}

/// Timers as they lay once: by key.
template <class K>
class TimersByKey : private KeyedTable<SubKey<K, Timestamp>, std::monostate> {
 public:
  TimersByKey(KeyedState& state, StateKind kind) {
    StateDeclaration declaration = declare_timers<K>("timers");
    declaration.sliced = Sliced::kNo;
    declaration.kind = kind;
    state.add(std::move(declaration), *this);
  }
  void set(K key, Timestamp time) {
    const SubKey<K, Timestamp> timer(key, time);
    this->table().find_or_insert(EntryKey<SubKey<K, Timestamp>>::hash(timer), timer);
  }
};

using TimersOf = std::set<std::pair<std::int64_t, Timestamp>>;

TimersOf take_all(Timers<std::int64_t>& timers) {
  TimersOf taken;
  std::int64_t key = 0;
  Timestamp last = Timestamp::min();
  for (Timestamp time; timers.take_due(timestamp_ms(1'000'000'000), key, time); last = time) {
    EXPECT_LE(last, time);
    EXPECT_TRUE(taken.emplace(key, time).second);
  }
  return taken;
}

/// Some of them of keys and times that are each other's: by time, one lies where another lay by key.
TimersOf timers_by_key() {
  TimersOf timers;
  std::map<KeyGroup, std::int64_t> first_of_group;
  for (std::int64_t key = 1; key < 5'000; ++key) {
    const KeyGroup group = key_group_of(hash_key(key), kDefaultKeyGroups);
    const auto [other, fresh] = first_of_group.try_emplace(group, key);
    timers.emplace(key, timestamp_ms(other->second));
    timers.emplace(other->second, timestamp_ms(key));
  }
  return timers;
}

TEST(KeyedStateEvolution, SortsTimersByTimeThatLayByKey) {
  const TimersOf timers = timers_by_key();
  for (const StateKind kind : {StateKind::kTimers, StateKind::kUnknown}) {
    StateBed bed;
    StateHandle handle;
    {
      auto state = bed.make(1024);
      TimersByKey<std::int64_t> before(*state, kind);
      for (const auto& [key, time] : timers) before.set(key, time);
      handle = bed.checkpoint(*state);
    }
    for (int life = 0; life < 2; ++life) {
      const CurrentKey<std::int64_t> current;
      Timers<std::int64_t> now(current);
      auto state = bed.make(1024);
      state->expect({handle}, bed.fetch());
      now.open(*state, "timers");
      bed.finish_restore(*state);
      EXPECT_EQ(now.size(), timers.size());
      handle = bed.checkpoint(*state);
      EXPECT_EQ(handle.states.front().sliced, Sliced::kYes);
      EXPECT_EQ(take_all(now), timers);
    }
  }
}

TEST(KeyedStateEvolution, SortsTimersOnTheWayToAnotherParallelism) {
  const TimersOf timers = timers_by_key();
  StateBed bed;
  auto before_state = bed.make(1024);
  TimersByKey<std::int64_t> before(*before_state, StateKind::kTimers);
  for (const auto& [key, time] : timers) before.set(key, time);
  const StateHandle handle = bed.checkpoint(*before_state);
  TimersOf all;
  for (std::uint32_t subtask = 0; subtask < 3; ++subtask) {
    const CurrentKey<std::int64_t> current;
    Timers<std::int64_t> now(current);
    auto state = bed.make(SubtaskIndex(subtask), 3);
    state->expect({handle}, bed.fetch());
    now.open(*state, "timers");
    bed.finish_restore(*state);
    all.merge(take_all(now));
  }
  EXPECT_EQ(all, timers);
}

template <class F>
std::string refusal(F&& f) {
  try {
    f();
  } catch (const UserError& error) {
    return error.what();
  }
  return "";
}

TEST(KeyedStateEvolution, NamesOperatorAndStateWhenAMigrationThrows) {
  StateBed bed;
  auto state = bed.make();
  Before states(*state);
  states.choose(1);
  states.map.set("space", {-1000});
  const StateHandle handle = bed.checkpoint(*state);
  auto again = bed.make();
  again->expect({handle}, bed.fetch());
  Now later(*again);
  EXPECT_THAT(refusal([&] { bed.finish_restore(*again); }),
              AllOf(HasSubstr("operator 'counts', state 'map'"), HasSubstr("colder than cold")));
}

TEST(KeyedStateEvolution, RefusesOtherTypesWithBothSideBySide) {
  StateBed bed;
  const StateHandle handle = checkpoint_before(bed);
  auto again = bed.make();
  again->expect({handle}, bed.fetch());
  const CurrentKey<Key> current;
  ValueState<Key, before::Degrees> value{current};
  MapState<Key, std::string, std::string> map{current};
  MapState<Key, std::uint64_t, now::Degrees> map_keys{current};
  ValueState<Key, std::vector<std::vector<now::Total>>> list{current};
  EXPECT_THAT(refusal([&] { map.open(*again, "map"); }),
              AllOf(HasSubstr("operator 'counts', state 'map'"), HasSubstr("Degrees"), HasSubstr("string"),
                    HasSubstr("weir::Migration")));
  EXPECT_THAT(refusal([&] { map_keys.open(*again, "map"); }), HasSubstr("map<uint64"));
  EXPECT_THAT(refusal([&] { list.open(*again, "list"); }),
              HasSubstr("it is a list in the checkpoint and a value in the job"));
}

TEST(KeyedStateEvolution, NeverChangesKeys) {
  StateBed bed;
  const StateHandle handle = checkpoint_before(bed);
  auto again = bed.make();
  again->expect({handle}, bed.fetch());
  const CurrentKey<std::uint64_t> current;
  ValueState<std::uint64_t, before::Total> value{current};
  EXPECT_THAT(refusal([&] { value.open(*again, "value"); }),
              AllOf(HasSubstr("keys cannot change"), HasSubstr("uint32"), HasSubstr("uint64")));
}

// ---- States that the job does not have any more ------------------------------------------------------------------

/// Only the value.
struct Fewer {
  explicit Fewer(KeyedState& state) { value.open(state, "value"); }

  Key chosen = 0;
  CurrentKey<Key> current;
  ValueState<Key, before::Total> value{current};
};

TEST(KeyedStateEvolution, RefusesToDropAState) {
  StateBed bed;
  auto state = bed.make();
  state->expect({checkpoint_before(bed)}, bed.fetch());
  Fewer fewer(*state);
  EXPECT_THAT(refusal([&] { state->start_restore(); }),
              AllOf(HasSubstr("no state 'list' any more"), HasSubstr("--weir.allow-non-restored-state")));
}

TEST(KeyedStateEvolution, DropsStatesIfItMayAndNothingOfThemComesBack) {
  StateBed bed;
  StateHandle handle = checkpoint_before(bed);
  {
    auto state = bed.make(1, nullptr, {0, kDefaultKeyGroups}, std::nullopt, NonRestored::kDropped);
    state->expect({handle}, bed.fetch());
    Fewer fewer(*state);
    bed.finish_restore(*state);
    EXPECT_EQ(fewer.value.size(), kKeys);
    handle = bed.checkpoint(*state);
    EXPECT_EQ(handle.entries, kKeys);
    ASSERT_EQ(handle.states.size(), 1U);
  }
  // States with the numbers of those that were dropped find none of their rows.
  auto state = bed.make();
  state->expect({handle}, bed.fetch());
  Before states(*state);
  bed.finish_restore(*state);
  EXPECT_EQ(states.value.size(), kKeys);
  EXPECT_EQ(states.timers.size(), 0U);
  EXPECT_EQ(states.slices.slices().entries(), 0U);
  for (Key key = 0; key < kKeys; ++key) {
    states.choose(key);
    EXPECT_TRUE(states.list.empty() && states.map.empty()) << key;
  }
}

TEST(KeyedStateEvolution, DropsWhatAHorizonHidesAsWell) {
  StateBed bed;
  auto state = bed.make();
  Before states(*state);
  fill(states);
  bed.checkpoint(*state);
  states.slices.slices().expire_until(kSlice);
  auto fewer_state = bed.make(1, nullptr, {0, kDefaultKeyGroups}, std::nullopt, NonRestored::kDropped);
  fewer_state->expect({bed.checkpoint(*state)}, bed.fetch());
  const Fewer fewer(*fewer_state);
  bed.finish_restore(*fewer_state);
  auto again = bed.make();
  again->expect({bed.checkpoint(*fewer_state)}, bed.fetch());
  Before later(*again);
  bed.finish_restore(*again);
  EXPECT_EQ(later.slices.slices().entries(), 0U);
  EXPECT_EQ(later.value.size(), kKeys);
}

}  // namespace
}  // namespace weir::state::evolution_test
