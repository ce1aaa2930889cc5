#include "weir/state/sliced_state.h"

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "weir/core/hash.h"

#include "state_bed.h"

namespace weir::state {
namespace {

using Counts = SlicedState<std::string, std::int64_t>;

void count(Counts& counts, std::int64_t end, std::string_view key) {
  ++*counts.slices().at(timestamp_ms(end)).find_or_insert(hash_key(key), key).first;
}

/// Counts by slice and key, the oldest slice expiring now and then.
struct Sliding {
  using Random = std::mt19937_64;

  void open(KeyedState& state) { counts.open(state, "counts"); }
  void step(Random& random) {
    const std::int64_t end = model.first + 1 + static_cast<std::int64_t>(random() % 4);
    const std::string key = "key " + std::to_string(random() % 40);
    count(counts, end, key);
    ++model.second[{end, key}];
    if (random() % 50 == 0) {
      counts.slices().expire_until(timestamp_ms(++model.first));
      std::erase_if(model.second, [this](const auto& row) { return row.first.first <= model.first; });
    }
  }
  void check() {
    std::map<std::pair<std::int64_t, std::string>, std::int64_t> found;
    counts.slices().for_each_slice(kMinTimestamp, kMaxTimestamp, [&](Timestamp end, const auto& table) {
      for (std::uint16_t group = 0; group < kDefaultKeyGroups; ++group)
        counts.for_each_cold(end, table, KeyGroup(group),
                             [&](const std::string& key, std::int64_t value, std::uint64_t) {
                               const bool fresh = found.emplace(std::pair(to_ms(end), key), value).second;
                               ASSERT_TRUE(fresh) << key;
                             });
      table.for_each([&](const std::string& key, const std::int64_t& value, std::uint64_t hash) {
        ASSERT_EQ(hash, hash_key(key));
        found.emplace(std::pair(to_ms(end), key), value);
      });
    });
    ASSERT_EQ(found, model.second);
    if (model.first > 0) {
      ASSERT_EQ(counts.slices().horizon(), timestamp_ms(model.first));
    }
  }

  std::pair<std::int64_t, std::map<std::pair<std::int64_t, std::string>, std::int64_t>> model;  ///< horizon, counts
  Counts counts;
};

RC_GTEST_PROP(SlicedState, IsBroughtBackAsItWasFrozen, (std::uint64_t seed)) {
  Sliding::Random random(seed);
  play_with_restores<Sliding>(random, 600);
}

RC_GTEST_PROP(SlicedState, IsTheSameWithLessMemoryThanItTakes, (std::uint64_t seed)) {
  Sliding::Random random(seed);
  play_with_restores<Sliding>(random, 300, kLittleMemory[seed % std::size(kLittleMemory)]);
}

TEST(SlicedState, KeepsASliceThatExpiresAfterTheFreezeForTheCheckpoint) {
  StateBed bed;
  auto state = bed.make();
  Counts counts;
  counts.open(*state, "counts");
  count(counts, 1'000, "a");
  count(counts, 2'000, "a");
  state->freeze(bed.next_checkpoint());
  counts.slices().expire_until(timestamp_ms(1'000));
  const StateHandle before = bed.finish(*state);
  const StateHandle after = bed.checkpoint(*state);
  EXPECT_EQ(before.entries, 2U);
  EXPECT_EQ(after.entries, 1U);
  EXPECT_EQ(after.states.at(0).horizon, timestamp_ms(1'000));

  auto again = bed.make();
  again->expect({before}, bed.fetch());
  Counts restored;
  restored.open(*again, "counts");
  bed.finish_restore(*again);
  EXPECT_EQ(restored.slices().first(), timestamp_ms(1'000));

  auto later = bed.make();
  later->expect({after}, bed.fetch());
  Counts rest;
  rest.open(*later, "counts");
  bed.finish_restore(*later);
  EXPECT_EQ(rest.slices().first(), timestamp_ms(2'000));
  EXPECT_EQ(rest.slices().horizon(), timestamp_ms(1'000));
}

TEST(SlicedState, IsSlicesAndNoMoreWithoutAStateToOpenIt) {
  Counts counts;
  count(counts, 1'000, "a");
  counts.slices().expire_until(timestamp_ms(1'000));
  EXPECT_TRUE(counts.slices().empty());
}

}  // namespace
}  // namespace weir::state
