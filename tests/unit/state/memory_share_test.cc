#include "weir/state/memory_share.h"

#include <gtest/gtest.h>

namespace weir::state {
namespace {

constexpr std::size_t kShare = 1'000'000;

MemoryFacts held(std::size_t bytes) { return {.share = kShare, .held = bytes, .may_evict = true}; }

TEST(MemoryShare, EvictsAboveTheUpperMarkDownToTheLowerOne) {
  MemoryShare share;
  EXPECT_EQ(share.decide(held(800'000)), MemoryStep::kNothing);
  EXPECT_EQ(share.decide(held(900'000)), MemoryStep::kEvict);
  EXPECT_EQ(share.decide(held(800'000)), MemoryStep::kEvict);
  EXPECT_EQ(share.decide(held(750'000)), MemoryStep::kNothing);
  EXPECT_EQ(share.decide(held(800'000)), MemoryStep::kNothing);
}

TEST(MemoryShare, EvictsNothingWhileRowsAreOnTheirWay) {
  MemoryShare share;
  MemoryFacts facts = held(900'000);
  facts.may_evict = false;
  facts.drain_under_way = true;
  facts.changed_bytes = kShare;
  EXPECT_EQ(share.decide(facts), MemoryStep::kNothing);
}

TEST(MemoryShare, DrainsWhenTwoRoundsWereNotEnough) {
  MemoryShare share;
  MemoryFacts facts = held(900'000);
  facts.changed_bytes = 1'000;
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(share.decide(facts), MemoryStep::kEvict);
    share.round_ended(900'000);
  }
  EXPECT_EQ(share.decide(facts), MemoryStep::kDrain);
  share.drained();
  EXPECT_EQ(share.decide(facts), MemoryStep::kEvict);
}

TEST(MemoryShare, RestsWhenNothingCanLeave) {
  MemoryShare share;
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(share.decide(held(2'000'000)), MemoryStep::kEvict);
    share.round_ended(2'000'000);
  }
  EXPECT_EQ(share.decide(held(2'000'000)), MemoryStep::kNothing);
  EXPECT_EQ(share.decide(held(2'100'000)), MemoryStep::kEvict) << "more has come since";
}

TEST(MemoryShare, DrainsAheadWhenMuchHasChanged) {
  MemoryShare share;
  MemoryFacts facts = held(500'000);
  facts.changed_bytes = 330'000;
  EXPECT_EQ(share.decide(facts), MemoryStep::kNothing);
  facts.changed_bytes = 340'000;
  EXPECT_EQ(share.decide(facts), MemoryStep::kDrain);
  facts.drain_under_way = true;
  EXPECT_EQ(share.decide(facts), MemoryStep::kNothing);
}

}  // namespace
}  // namespace weir::state
