#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "weir/core/fields.h"
#include "weir/state/list_state.h"
#include "weir/state/map_state.h"
#include "weir/state/timers.h"
#include "weir/state/value_state.h"

#include "state_bed.h"

namespace weir::state {
namespace {

using Random = std::mt19937_64;

/// Some keys do not fit into a string itself.
std::string text_key(std::uint64_t i) { return (i % 2 == 0 ? "k" : "a key that is rather long ") + std::to_string(i); }

constexpr std::uint64_t kKeys = 40;

struct WithKey {
  void choose(const std::string& key) {
    chosen = key;
    current.set(hash_key(chosen), std::string_view(chosen));
  }
  void choose(Random& random) { choose(text_key(random() % kKeys)); }

  std::string chosen;
  CurrentKey<std::string> current;
};

struct Values : WithKey {
  void open(KeyedState& state) { values.open(state, "values"); }
  void step(Random& random) {
    choose(random);
    switch (random() % 4) {
      case 0:
        values.clear();
        model.erase(chosen);
        break;
      case 1:
        values.set(std::to_string(random() % 100));
        model[chosen] = *values.get();
        break;
      default:
        values.update() += "x";
        model[chosen] += "x";
    }
  }
  void check() {
    ASSERT_EQ(values.size(), model.size());
    for (std::uint64_t i = 0; i < kKeys; ++i) {
      choose(text_key(i));
      const auto expected = model.find(chosen);
      ASSERT_EQ(values.get() != nullptr, expected != model.end()) << chosen;
      if (expected != model.end()) {
        ASSERT_EQ(*values.get(), expected->second);
      }
    }
  }

  std::map<std::string, std::string> model;
  ValueState<std::string, std::string> values{current};
};

struct Lists : WithKey {
  void open(KeyedState& state) { lists.open(state, "lists"); }
  void step(Random& random) {
    choose(random);
    std::vector<std::int64_t>& expected = model[chosen];
    const auto number = static_cast<std::int64_t>(random() % 1'000);
    switch (random() % 8) {
      case 0:
        lists.clear();
        expected.clear();
        break;
      case 1: {
        const std::size_t count = random() % 5;
        lists.drop_first(count);
        expected.erase(expected.begin(),
                       expected.begin() + static_cast<std::int64_t>(std::min(count, expected.size())));
        break;
      }
      case 2:
        if (expected.empty()) break;
        lists.update(expected.size() / 2) = number;
        expected[expected.size() / 2] = number;
        break;
      default:
        lists.add(number);
        expected.push_back(number);
    }
  }
  void check() {
    for (std::uint64_t i = 0; i < kKeys; ++i) {
      choose(text_key(i));
      std::vector<std::int64_t> found;
      lists.for_each([&](const std::int64_t& number) { found.push_back(number); });
      ASSERT_EQ(found, model[chosen]) << chosen;
      ASSERT_EQ(lists.size(), found.size());
      ASSERT_EQ(lists.empty(), found.empty());
    }
  }

  std::map<std::string, std::vector<std::int64_t>> model;
  ListState<std::string, std::int64_t> lists{current};
};

struct Maps : WithKey {
  void open(KeyedState& state) { maps.open(state, "maps"); }
  void step(Random& random) {
    choose(random);
    auto& expected = model[chosen];
    const auto map_key = static_cast<std::int32_t>(random() % 9) - 4;
    switch (random() % 16) {
      case 0:
        maps.clear();
        expected.clear();
        break;
      case 1:
      case 2:
      case 3:
      case 4:
        ASSERT_EQ(maps.erase(map_key), expected.erase(map_key) == 1);
        break;
      case 5:
        ASSERT_EQ(maps.get(map_key) != nullptr, expected.contains(map_key));
        break;
      default:
        maps.update(map_key) += "x";
        expected[map_key] += "x";
    }
  }
  void check() {
    for (std::uint64_t i = 0; i < kKeys; ++i) {
      choose(text_key(i));
      std::vector<std::pair<std::int32_t, std::string>> found;
      maps.for_each([&](std::int32_t map_key, const std::string& value) { found.emplace_back(map_key, value); });
      ASSERT_EQ(found, (std::vector<std::pair<std::int32_t, std::string>>(model[chosen].begin(), model[chosen].end())));
      ASSERT_EQ(maps.size(), found.size());
      ASSERT_EQ(maps.empty(), found.empty());
    }
  }

  std::map<std::string, std::map<std::int32_t, std::string>> model;
  MapState<std::string, std::int32_t, std::string> maps{current};
};

struct Timed : WithKey {
  void open(KeyedState& state) { timers.open(state, "timers"); }
  void step(Random& random) {
    choose(random);
    const Timestamp time = timestamp_ms(static_cast<std::int64_t>(random() % 20));
    const unsigned dice = static_cast<unsigned>(random() % 8);
    if (dice == 0) {
      take_due(time);
    } else if (dice < 4) {
      ASSERT_EQ(timers.cancel(time), model.erase({time, chosen}) == 1);
    } else {
      ASSERT_EQ(timers.set(time), model.emplace(time, chosen).second);
    }
    ASSERT_EQ(timers.size(), model.size());
    ASSERT_EQ(timers.first(), model.empty() ? std::nullopt : std::optional(model.begin()->first));
  }
  void take_due(Timestamp now) {
    std::string key;
    Timestamp time;
    Timestamp last = Timestamp::min();
    while (timers.take_due(now, key, time)) {
      ASSERT_LE(last, time);
      last = time;
      ASSERT_EQ(model.erase({time, key}), 1U) << key;
    }
    ASSERT_TRUE(model.empty() || model.begin()->first > now);
  }
  void check() {
    ASSERT_EQ(timers.size(), model.size());
    ASSERT_EQ(timers.first(), model.empty() ? std::nullopt : std::optional(model.begin()->first));
    for (const auto& [time, key] : std::set(model)) {
      choose(key);
      ASSERT_FALSE(timers.set(time)) << key;
    }
  }

  std::set<std::pair<Timestamp, std::string>> model;
  Timers<std::string> timers{current};
};

RC_GTEST_PROP(ValueState, IsBroughtBackAsItWasFrozen, (std::uint64_t seed)) {
  Random random(seed);
  play_with_restores<Values>(random, 600);
}

RC_GTEST_PROP(ValueState, IsTheSameWithLessMemoryThanItTakes, (std::uint64_t seed)) {
  Random random(seed);
  play_with_restores<Values>(random, 600, kLittleMemory[seed % std::size(kLittleMemory)]);
}

RC_GTEST_PROP(ListState, IsBroughtBackAsItWasFrozen, (std::uint64_t seed)) {
  Random random(seed);
  play_with_restores<Lists>(random, 600);
}

RC_GTEST_PROP(ListState, IsTheSameWithLessMemoryThanItTakes, (std::uint64_t seed)) {
  Random random(seed);
  play_with_restores<Lists>(random, 600, kLittleMemory[seed % std::size(kLittleMemory)]);
}

RC_GTEST_PROP(MapState, IsBroughtBackAsItWasFrozen, (std::uint64_t seed)) {
  Random random(seed);
  play_with_restores<Maps>(random, 600);
}

RC_GTEST_PROP(MapState, IsTheSameWithLessMemoryThanItTakes, (std::uint64_t seed)) {
  Random random(seed);
  play_with_restores<Maps>(random, 600, kLittleMemory[seed % std::size(kLittleMemory)]);
}

RC_GTEST_PROP(Timers, AreBroughtBackAsTheyWereFrozen, (std::uint64_t seed)) {
  Random random(seed);
  play_with_restores<Timed>(random, 600);
}

RC_GTEST_PROP(Timers, AreTheSameWithLessMemoryThanTheyTake, (std::uint64_t seed)) {
  Random random(seed);
  play_with_restores<Timed>(random, 600, kLittleMemory[seed % std::size(kLittleMemory)]);
}

TEST(ValueState, HasNoValueUntilOneIsSet) {
  CurrentKey<std::uint64_t> key;
  ValueState<std::uint64_t, int> counts(key);
  const std::uint64_t one = 1;
  const std::uint64_t two = 2;
  key.set(hash_key(one), one);
  EXPECT_EQ(counts.get(), nullptr);
  EXPECT_EQ(counts.update(), 0);
  counts.set(7);
  key.set(hash_key(two), two);
  EXPECT_EQ(counts.get(), nullptr);
  key.set(hash_key(one), one);
  EXPECT_EQ(*counts.get(), 7);
  counts.clear();
  EXPECT_EQ(counts.get(), nullptr);
}

TEST(ListState, DropsItsFirstElementsAndGoesOn) {
  CurrentKey<std::uint64_t> key;
  ListState<std::uint64_t, int> list(key);
  const std::uint64_t one = 1;
  key.set(hash_key(one), one);
  for (int i = 0; i < 5; ++i) list.add(i);
  list.drop_first(3);
  list.add(5);
  ASSERT_EQ(list.size(), 3U);
  EXPECT_EQ(list[0], 3);
  EXPECT_EQ(list[2], 5);
  list.drop_first(100);
  EXPECT_TRUE(list.empty());
  list.add(6);
  EXPECT_EQ(list[0], 6);
}

enum class Color : std::int8_t { kRed = -1, kGreen, kBlue };
struct Place {
  Color color{};
  std::string name;
  friend bool operator==(const Place&, const Place&) = default;
};
WEIR_FIELDS(Place, color, name);

TEST(MapState, WalksInTheOrderOfTheKeysFields) {
  CurrentKey<std::uint64_t> key;
  MapState<std::uint64_t, Place, int> map(key);
  const std::uint64_t one = 1;
  key.set(hash_key(one), one);
  map.set({Color::kBlue, "a"}, 1);
  map.set({Color::kRed, "b"}, 2);
  map.set({Color::kRed, "a"}, 3);
  map.set({Color::kGreen, ""}, 4);
  std::vector<int> values;
  map.for_each([&](const Place&, const int& value) { values.push_back(value); });
  EXPECT_EQ(values, (std::vector<int>{3, 2, 4, 1}));
}

TEST(Timers, ComeInTheOrderOfTheirTimes) {
  CurrentKey<std::uint64_t> key;
  Timers<std::uint64_t> timers(key);
  const std::uint64_t one = 1;
  key.set(hash_key(one), one);
  for (const std::int64_t ms : {30, 10, 20, 10, -5}) timers.set(timestamp_ms(ms));
  EXPECT_EQ(timers.size(), 4U);
  std::vector<std::int64_t> times;
  std::uint64_t fired = 0;
  Timestamp time;
  while (timers.take_due(timestamp_ms(20), fired, time)) times.push_back(to_ms(time));
  EXPECT_EQ(times, (std::vector<std::int64_t>{-5, 10, 20}));
  EXPECT_EQ(timers.first(), timestamp_ms(30));
}

TEST(Timers, SetFromATimerAreTakenInTheSameWalkIfTheyAreDue) {
  CurrentKey<std::uint64_t> key;
  Timers<std::uint64_t> timers(key);
  std::uint64_t fired = 1;
  key.set(hash_key(fired), fired);
  timers.set(timestamp_ms(1));
  Timestamp time;
  int count = 0;
  while (timers.take_due(timestamp_ms(5), fired, time)) {
    ++count;
    key.set(hash_key(fired), fired);
    timers.set(time + Duration{1});
  }
  EXPECT_EQ(count, 5);
  EXPECT_EQ(timers.first(), timestamp_ms(6));
}

TEST(Timers, DoNotGrowWhileTheyAreSetAndTakenBack) {
  CurrentKey<std::uint64_t> key;
  Timers<std::uint64_t> timers(key);
  std::vector<std::uint64_t> keys = {1, 2};
  key.set(hash_key(keys[0]), keys[0]);
  timers.set(timestamp_ms(10));
  key.set(hash_key(keys[1]), keys[1]);
  for (int i = 0; i < 100'000; ++i) {
    ASSERT_TRUE(timers.set(timestamp_ms(10)));
    ASSERT_TRUE(timers.cancel(timestamp_ms(10)));
  }
  EXPECT_LE(timers.index_entries(), 200U);
  std::uint64_t fired = 0;
  Timestamp time;
  ASSERT_TRUE(timers.take_due(timestamp_ms(10), fired, time));
  EXPECT_EQ(fired, 1U);
  EXPECT_FALSE(timers.take_due(timestamp_ms(10), fired, time));
  EXPECT_EQ(timers.first(), std::nullopt);
}

}  // namespace
}  // namespace weir::state
