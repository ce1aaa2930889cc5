#include <algorithm>
#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "weir/core/error.h"
#include "weir/core/fields.h"
#include "weir/state/expiring_list_state.h"
#include "weir/state/expiring_map_state.h"
#include "weir/state/expiring_value_state.h"

#include "state_bed.h"

namespace weir::state {
namespace {

using Random = std::mt19937_64;
using Key = std::uint32_t;

constexpr Key kKeys = 12;
constexpr Duration kTtl{50};

/// Clocks, a key, and what all kinds of expiring state hold of it, beside a model that forgets nothing.
template <TimeDomain kDomain, TtlUpdate kUpdate>
struct Subject {
  struct Item {
    std::int64_t value = 0;
    Timestamp expires;

    friend bool operator==(const Item&, const Item&) = default;
  };
  struct Model {
    StateClocks clocks;
    std::map<Key, Item> values;
    std::map<Key, std::vector<Item>> lists;
    std::map<Key, std::map<std::int32_t, Item>> maps;
  };

  void open(KeyedState& state) {
    value.open(state, "value");
    list.open(state, "list");
    map.open(state, "map");
  }

  void choose(Key key) {
    chosen = key;
    current.set(hash_key(chosen), chosen);
  }

  Timestamp now() const {
    return kDomain == TimeDomain::kEventTime ? model.clocks.event_time : model.clocks.processing_time;
  }
  bool live(const Item& item) const { return item.expires > now(); }
  Timestamp fresh() const {
    return (kDomain == TimeDomain::kEventTime ? model.clocks.timestamp : model.clocks.processing_time) + kTtl;
  }
  void touch(Item& item) const { item.expires = std::max(item.expires, fresh()); }
  void read(Item& item) const {
    if (kUpdate == TtlUpdate::kOnReadAndWrite) touch(item);
  }

  void step(Random& random) {
    // The clocks run apart: whoever looks at the wrong one is found out.
    clocks.event_time += Duration(random() % 4);
    clocks.processing_time += Duration(random() % 9);
    clocks.timestamp = clocks.event_time + Duration(static_cast<std::int64_t>(random() % 20) - 5);
    model.clocks = clocks;
    choose(static_cast<Key>(random() % kKeys));
    const auto number = static_cast<std::int64_t>(random() % 1000);
    const auto map_key = static_cast<std::int32_t>(random() % 4);
    switch (random() % 12) {
      case 0:
        value.clear();
        model.values.erase(chosen);
        break;
      case 1:
      case 2: {
        value.update() += number;
        Item& item = model.values[chosen];
        if (!live(item)) item = {0, fresh()};
        item.value += number;
        touch(item);
        break;
      }
      case 3:
        if (value.get() != nullptr) read(model.values[chosen]);
        break;
      case 4:
      case 5:
        list.add(number);
        model.lists[chosen].push_back({number, fresh()});
        break;
      case 6:
        list.for_each([](const std::int64_t&) {});
        for (Item& item : model.lists[chosen])
          if (live(item)) read(item);
        break;
      case 7: {
        list.drop_first(1);
        auto& items = model.lists[chosen];
        const auto first = std::find_if(items.begin(), items.end(), [&](const Item& item) { return live(item); });
        if (first != items.end()) items.erase(first);
        break;
      }
      case 8:
      case 9:
        map.set(map_key, number);
        if (Item& item = model.maps[chosen][map_key]; live(item)) {
          item.value = number;
          touch(item);
        } else {
          item = {number, fresh()};
        }
        break;
      case 10:
        map.erase(map_key);
        model.maps[chosen].erase(map_key);
        break;
      default:
        map.for_each([](std::int32_t, const std::int64_t&) {});
        for (auto& [key, item] : model.maps[chosen])
          if (live(item)) read(item);
    }
    check_chosen();
  }

  /// Looks without renewing: only where reading does not.
  void check_chosen() {
    if (kUpdate == TtlUpdate::kOnReadAndWrite) return check_sizes();
    const auto expected = model.values.find(chosen);
    const bool there = expected != model.values.end() && live(expected->second);
    const std::int64_t* found = value.get();
    ASSERT_EQ(found != nullptr, there) << chosen;
    if (there) {
      ASSERT_EQ(*found, expected->second.value);
    }
    std::vector<std::int64_t> elements;
    list.for_each([&](const std::int64_t& element) { elements.push_back(element); });
    std::vector<std::int64_t> expected_elements;
    for (const Item& item : model.lists[chosen])
      if (live(item)) expected_elements.push_back(item.value);
    ASSERT_EQ(elements, expected_elements) << chosen;
    std::map<std::int32_t, std::int64_t> entries;
    map.for_each([&](std::int32_t key, const std::int64_t& entry) { entries.emplace(key, entry); });
    std::map<std::int32_t, std::int64_t> expected_entries;
    for (const auto& [key, item] : model.maps[chosen])
      if (live(item)) expected_entries.emplace(key, item.value);
    ASSERT_EQ(entries, expected_entries) << chosen;
    check_sizes();
  }

  void check_sizes() {
    std::size_t elements = 0;
    for (const Item& item : model.lists[chosen]) elements += live(item) ? 1 : 0;
    ASSERT_EQ(list.size(), elements) << chosen;
    std::size_t entries = 0;
    for (const auto& [key, item] : model.maps[chosen]) entries += live(item) ? 1 : 0;
    ASSERT_EQ(map.size(), entries) << chosen;
  }

  void check() {
    clocks = model.clocks;
    for (Key key = 0; key < kKeys; ++key) {
      choose(key);
      check_chosen();
    }
  }

  Model model;
  StateClocks clocks{timestamp_ms(0), timestamp_ms(0), timestamp_ms(500)};
  Key chosen = 0;
  CurrentKey<Key> current;
  StateTtl ttl{kTtl, kDomain, kUpdate};
  ExpiringValueState<Key, std::int64_t> value{current, ttl, clocks};
  ExpiringListState<Key, std::int64_t> list{current, ttl, clocks};
  ExpiringMapState<Key, std::int32_t, std::int64_t> map{current, ttl, clocks};
};

template <TimeDomain kDomain, TtlUpdate kUpdate>
void play(std::uint64_t seed, std::optional<std::size_t> memory = std::nullopt) {
  Random random(seed);
  play_with_restores<Subject<kDomain, kUpdate>>(random, 600, memory);
}

RC_GTEST_PROP(ExpiringState, GoesWithProcessingTimeAlsoAcrossRestores, (std::uint64_t seed)) {
  play<TimeDomain::kProcessingTime, TtlUpdate::kOnCreateAndWrite>(seed);
}
RC_GTEST_PROP(ExpiringState, GoesWithEventTimeAlsoAcrossRestores, (std::uint64_t seed)) {
  play<TimeDomain::kEventTime, TtlUpdate::kOnCreateAndWrite>(seed);
}
RC_GTEST_PROP(ExpiringState, LivesOnWhenItIsReadIfItIsToldTo, (std::uint64_t seed)) {
  play<TimeDomain::kProcessingTime, TtlUpdate::kOnReadAndWrite>(seed);
  play<TimeDomain::kEventTime, TtlUpdate::kOnReadAndWrite>(seed);
}

RC_GTEST_PROP(ExpiringState, IsTheSameWithLessMemoryThanItTakes, (std::uint64_t seed)) {
  const std::size_t memory = kLittleMemory[seed % std::size(kLittleMemory)];
  play<TimeDomain::kProcessingTime, TtlUpdate::kOnCreateAndWrite>(seed, memory);
  play<TimeDomain::kEventTime, TtlUpdate::kOnCreateAndWrite>(seed, memory);
}
RC_GTEST_PROP(ExpiringState, LivesOnWhenItIsReadAlsoWithLittleMemory, (std::uint64_t seed)) {
  const std::size_t memory = kLittleMemory[seed % std::size(kLittleMemory)];
  play<TimeDomain::kProcessingTime, TtlUpdate::kOnReadAndWrite>(seed, memory);
  play<TimeDomain::kEventTime, TtlUpdate::kOnReadAndWrite>(seed, memory);
}

struct WithClocks {
  void choose(Key key) {
    chosen = key;
    current.set(hash_key(chosen), chosen);
  }
  void at(std::int64_t ms) { clocks = {timestamp_ms(ms), timestamp_ms(ms), timestamp_ms(ms)}; }

  StateClocks clocks;
  Key chosen = 0;
  CurrentKey<Key> current;
};

TEST(ExpiringState, IsGoneTheMomentItsTimeIsOver) {
  WithClocks with;
  ExpiringValueState<Key, int> value(with.current, {kTtl}, with.clocks);
  with.at(0);
  with.choose(1);
  value.set(7);
  with.at(49);
  ASSERT_NE(value.get(), nullptr);
  with.at(50);
  EXPECT_EQ(value.get(), nullptr);
  EXPECT_EQ(value.size(), 0U) << "it is erased when it is met";
  EXPECT_EQ(value.update(), 0);
}

TEST(ExpiringState, IsNotShortenedByARecordThatComesLate) {
  WithClocks with;
  ExpiringValueState<Key, int> value(with.current, {kTtl, TimeDomain::kEventTime}, with.clocks);
  with.choose(1);
  with.clocks = {timestamp_ms(100), timestamp_ms(90), {}};
  value.set(7);
  with.clocks.timestamp = timestamp_ms(91);
  value.update() += 1;
  with.clocks.event_time = timestamp_ms(149);
  ASSERT_NE(value.get(), nullptr);
  EXPECT_EQ(*value.get(), 8);
}

/// Keys that each come once and never again, so many that all of them would be seen.
constexpr Key kPassing = 20'000;
constexpr std::size_t kFew = kPassing / 10;

TEST(ExpiringState, LeavesMemoryAlsoIfNobodyMeetsItAgain) {
  StateBed bed;
  WithClocks with;
  const auto state = bed.make(100);
  ExpiringValueState<Key, int> value(with.current, {kTtl}, with.clocks);
  ExpiringListState<Key, int> list(with.current, {kTtl}, with.clocks);
  ExpiringMapState<Key, int, int> map(with.current, {kTtl}, with.clocks);
  value.open(*state, "value");
  list.open(*state, "list");
  map.open(*state, "map");
  std::optional<StateHandle> last;
  for (Key key = 0; key < kPassing; ++key) {
    with.at(key);
    with.choose(key);
    value.set(1);
    list.add(1);
    map.set(7, 1);
    if (key % 1000 == 0) last = bed.checkpoint(*state);
    if (key % 100 != 0) continue;
    for (const KeyedState::StateUse& use : state->memory_use().states) ASSERT_LT(use.entries, kFew) << use.name;
  }
  EXPECT_LT(last->entries, 3 * kFew);
  with.choose(kPassing - 1);
  EXPECT_EQ(value.update(), 1);
  EXPECT_EQ(list.size(), 1U);
  EXPECT_EQ(map.size(), 1U);
}

TEST(ExpiringState, LeavesMemoryWithoutCheckpointsToo) {
  WithClocks with;
  ExpiringValueState<Key, std::string> value(with.current, {kTtl}, with.clocks);
  for (Key key = 0; key < kPassing; ++key) {
    with.at(key);
    with.choose(key);
    value.set("once");
    ASSERT_LT(value.size(), kFew);
  }
}

TEST(ExpiringState, OfAListMayBeMissingBetweenElementsThatLive) {
  for (const std::optional<std::size_t> memory : {std::optional<std::size_t>(), std::optional<std::size_t>(0)}) {
    SCOPED_TRACE(memory.has_value());
    StateBed bed;
    WithClocks with;
    const auto make = [&] { return bed.make(1, nullptr, {0, kDefaultKeyGroups}, memory); };
    const StateTtl ttl{kTtl, TimeDomain::kEventTime};
    auto state = make();
    ExpiringListState<Key, int> list(with.current, ttl, with.clocks);
    list.open(*state, "list");
    with.choose(3);
    for (const std::int64_t time : {90, 10, 95, 20, 15}) {
      with.clocks.timestamp = timestamp_ms(time);
      list.add(static_cast<int>(time));
    }
    with.clocks = {timestamp_ms(100), timestamp_ms(100), {}};
    StateHandle handle;
    for (int i = 0; i < 12; ++i) {
      with.choose(static_cast<Key>(100 + i));
      list.add(i);
      handle = bed.checkpoint(*state);
    }

    auto again = make();
    again->expect({handle}, bed.fetch());
    ExpiringListState<Key, int> restored(with.current, ttl, with.clocks);
    restored.open(*again, "list");
    bed.finish_restore(*again);
    const auto elements = [&] {
      std::vector<int> found;
      restored.for_each([&](const int& element) { found.push_back(element); });
      EXPECT_EQ(restored.size(), found.size());
      return found;
    };
    with.choose(3);
    EXPECT_EQ(elements(), (std::vector<int>{90, 95}));
    restored.drop_first(1);
    restored.add(100);
    EXPECT_EQ(elements(), (std::vector<int>{95, 100}));
    restored.clear();
    EXPECT_TRUE(restored.empty());
    with.choose(105);
    EXPECT_EQ(elements(), (std::vector<int>{5})) << "other lists are as they were";
  }
}

TEST(ExpiringState, OfAMapIsWalkedBetweenTwoKeys) {
  WithClocks with;
  ExpiringMapState<Key, int, int> map(with.current, {kTtl}, with.clocks);
  with.choose(1);
  for (int i = 0; i < 10; ++i) {
    with.at(10 * i);
    map.set(i, i);
  }
  std::vector<int> met;
  map.for_each_between(3, 6, [&](int map_key, int) { met.push_back(map_key); });
  EXPECT_EQ(met, (std::vector<int>{5, 6})) << "at 90 ms, what was made at 40 ms is over";
}

TEST(ExpiringState, LivesForEverWithoutATimeToLiveAlsoWhenTheInputHasEnded) {
  WithClocks with;
  with.clocks.event_time = Timestamp::max();
  const ExpiryClock clock({kTtl, TimeDomain::kEventTime}, with.clocks);
  EXPECT_FALSE(clock.expired(ExpiryClock::kNever));
  EXPECT_TRUE(clock.expired(kMaxTimestamp + kTtl));
}

TEST(ExpiringState, LeavesTheFilesOnceItHasExpired) {
  StateBed bed;
  WithClocks with;
  auto state = bed.make();
  ExpiringValueState<Key, std::string> value(with.current, {kTtl}, with.clocks);
  value.open(*state, "value");
  with.at(0);
  for (Key key = 0; key < 100; ++key) {
    with.choose(key);
    value.set("a value that is somewhat longer, so that files can be told apart by their sizes");
  }
  const auto bytes_of = [](const StateHandle& handle) {
    std::uint64_t bytes = 0;
    for (const StoredFile& file : handle.files) bytes += file.size;
    return bytes;
  };
  const std::uint64_t full = bytes_of(bed.checkpoint(*state));
  StateHandle handle;
  for (int i = 0; i < 12; ++i) {
    with.at(100 + i);
    with.choose(1000);
    value.set("the same");
    handle = bed.checkpoint(*state);
  }
  EXPECT_LT(bytes_of(handle), full / 10) << "compactions have dropped what nobody met any more";
  auto again = bed.make();
  WithClocks later;
  later.at(112);
  ExpiringValueState<Key, std::string> restored(later.current, {kTtl}, later.clocks);
  again->expect({handle}, bed.fetch());
  restored.open(*again, "value");
  bed.finish_restore(*again);
  later.choose(1000);
  EXPECT_NE(restored.get(), nullptr);
}

TEST(ExpiringState, RefusesATimeToLiveThatIsNone) {
  WithClocks with;
  for (const std::int64_t ms : {0L, -5L, to_ms(kMaxTimestamp) + 1})
    EXPECT_THROW((ExpiringValueState<Key, int>(with.current, {Duration(ms)}, with.clocks)), UserError) << ms;
}

TEST(ExpiringState, MayBeTurnedOnButNotOff) {
  StateBed bed;
  WithClocks with;
  auto state = bed.make();
  ValueState<Key, std::int64_t> plain(with.current);
  plain.open(*state, "value");
  with.choose(3);
  plain.set(30);
  const StateHandle handle = bed.checkpoint(*state);

  auto on = bed.make();
  ExpiringValueState<Key, std::int64_t> expiring(with.current, {kTtl}, with.clocks);
  on->expect({handle}, bed.fetch());
  expiring.open(*on, "value");
  bed.finish_restore(*on);
  with.at(1'000'000);
  ASSERT_NE(expiring.get(), nullptr) << "it was never written to since";
  EXPECT_EQ(expiring.update(), 30);
  with.at(1'000'050);
  EXPECT_EQ(expiring.get(), nullptr);

  auto off = bed.make();
  off->expect({bed.checkpoint(*on)}, bed.fetch());
  ValueState<Key, std::int64_t> plain_again(with.current);
  try {
    plain_again.open(*off, "value");
    FAIL() << "entries that have expired would come back";
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("time to live"));
  }
}

}  // namespace
}  // namespace weir::state
