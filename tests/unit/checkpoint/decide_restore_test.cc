#include "weir/checkpoint/decide_restore.h"

#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::checkpoint {
namespace {

using Condition = FoundCheckpoint::Condition;
using Kind = RestoreDecision::Kind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

FoundCheckpoint found(std::uint64_t checkpoint, Condition condition) {
  FoundCheckpoint found{{GenerationId(1), CheckpointId(checkpoint)}, condition, {}};
  if (condition != Condition::kWhole) found.problem = "file " + std::to_string(checkpoint) + " is bad";
  return found;
}

RestoreFacts facts(std::vector<FoundCheckpoint> completed) {
  RestoreFacts facts;
  facts.directory = "/c/job";
  facts.log = true;
  facts.completed = std::move(completed);
  return facts;
}

// ---- the whole table --------------------------------------------------------------------------------------------

constexpr std::optional<bool> kAny;

/// One line of the table: what the facts must be (kAny: does not matter), and what follows. The first that fits counts.
struct Row {
  std::optional<bool> unreadable, finished, restart, none, log, lost, exactly_once, accept;
  std::string completed;  ///< newest first: w whole, d damaged, f foreign; '*' the rest, "" none
  Kind kind;
  std::size_t which = 0;
};

const std::vector<Row> kTable = {
    // unreadable finished restart none log lost exactly-once accept
    {true, kAny, kAny, kAny, kAny, kAny, kAny, kAny, "*", Kind::kFail},
    {false, true, true, kAny, kAny, kAny, kAny, kAny, "*", Kind::kStartAnew},
    {false, true, false, true, kAny, kAny, kAny, kAny, "*", Kind::kRefuse},
    {false, true, false, false, kAny, kAny, kAny, kAny, "*", Kind::kFinished},
    {false, false, kAny, true, true, kAny, kAny, kAny, "*", Kind::kRefuse},
    {false, false, kAny, kAny, kAny, true, kAny, kAny, "", Kind::kFail},
    {false, false, kAny, kAny, kAny, false, kAny, kAny, "", Kind::kStartEmpty},
    {false, false, kAny, kAny, kAny, kAny, kAny, kAny, "w*", Kind::kRestore, 0},
    {false, false, kAny, kAny, kAny, kAny, kAny, kAny, "f*", Kind::kRefuse},
    {false, false, kAny, kAny, kAny, kAny, true, false, "dw", Kind::kFail},
    {false, false, kAny, kAny, kAny, kAny, true, true, "dw", Kind::kRestore, 1},
    {false, false, kAny, kAny, kAny, kAny, false, kAny, "dw", Kind::kRestore, 1},
    {false, false, kAny, kAny, kAny, kAny, kAny, kAny, "df", Kind::kRefuse},
    {false, false, kAny, kAny, kAny, kAny, kAny, kAny, "d", Kind::kFail},
    {false, false, kAny, kAny, kAny, kAny, kAny, kAny, "dd", Kind::kFail},
};

bool fits(const std::string& pattern, const std::string& completed) {
  if (!pattern.ends_with('*')) return pattern == completed;
  return completed.starts_with(pattern.substr(0, pattern.size() - 1));
}

TEST(DecideRestore, DecidesAsTheTableSaysForAllFacts) {
  std::size_t combinations = 0;
  std::vector<std::size_t> used(kTable.size(), 0);
  for (const std::string completed : {"", "w", "d", "f", "ww", "wd", "wf", "dw", "dd", "df", "fw", "fd", "ff"})
    for (unsigned bits = 0; bits < 256; ++bits) {
      const auto bit = [&](unsigned i) { return (bits >> i & 1) != 0; };
      RestoreFacts given = facts({});
      std::uint64_t checkpoint = 9;
      for (const char c : completed)
        given.completed.push_back(found(checkpoint--, c == 'w'   ? Condition::kWhole
                                                      : c == 'd' ? Condition::kDamaged
                                                                 : Condition::kForeign));
      if (bit(0)) given.unreadable = "log/3 is bad";
      given.finished = bit(1);
      given.restart_finished = bit(2);
      given.mode = bit(3) ? RestoreMode::kNone : RestoreMode::kAuto;
      given.log = bit(4);
      if (bit(5)) given.lost = CheckpointName{GenerationId(1), CheckpointId(9)};
      given.exactly_once = bit(6);
      given.accept_duplicates = bit(7);
      const auto row = std::find_if(kTable.begin(), kTable.end(), [&](const Row& line) {
        const auto is = [](std::optional<bool> wanted, bool have) { return !wanted || *wanted == have; };
        return is(line.unreadable, bit(0)) && is(line.finished, bit(1)) && is(line.restart, bit(2)) &&
               is(line.none, bit(3)) && is(line.log, bit(4)) && is(line.lost, bit(5)) &&
               is(line.exactly_once, bit(6)) && is(line.accept, bit(7)) && fits(line.completed, completed);
      });
      ASSERT_NE(kTable.end(), row) << completed << " " << bits;
      ++used[static_cast<std::size_t>(row - kTable.begin())];
      const RestoreDecision decision = decide_restore(given);
      ASSERT_EQ(row->kind, decision.kind) << completed << " " << bits;
      ASSERT_EQ(row->which, decision.which) << completed << " " << bits;
      const bool ends = row->kind == Kind::kFail || row->kind == Kind::kRefuse;
      ASSERT_EQ(ends, !decision.message.empty()) << completed << " " << bits;
      ++combinations;
    }
  EXPECT_EQ(13u * 256u, combinations);
  EXPECT_THAT(used, ::testing::Each(::testing::Gt(0u))) << "a row of the table is never used";
}

// ---- what it says -----------------------------------------------------------------------------------------------

TEST(DecideRestore, NamesTheDamagedFileAndTheFlagWhenGoingBackCouldRepeatOutput) {
  RestoreFacts given = facts({found(8, Condition::kDamaged), found(7, Condition::kWhole)});
  given.exactly_once = true;
  const std::string message = decide_restore(given).message;
  EXPECT_THAT(message, HasSubstr("checkpoint 1.8 is damaged: file 8 is bad"));
  EXPECT_THAT(message, HasSubstr("Checkpoint 1.7 is whole"));
  EXPECT_THAT(message, HasSubstr("--weir.accept-duplicates"));
}

TEST(DecideRestore, SaysWhatToDoWhenNoCheckpointIsWhole) {
  const std::string message =
      decide_restore(facts({found(8, Condition::kDamaged), found(7, Condition::kDamaged)})).message;
  EXPECT_THAT(message, HasSubstr("of the newest: file 8 is bad. Bring its files back, or use another directory"));
}

TEST(DecideRestore, ReportsWhatItPassedOver) {
  const RestoreDecision decision = decide_restore(facts({found(8, Condition::kDamaged), found(7, Condition::kWhole)}));
  EXPECT_THAT(decision.warnings, ElementsAre(HasSubstr("checkpoint 1.8 is damaged and was passed over: file 8 is bad"),
                                             HasSubstr("going on from checkpoint 1.7")));
}

TEST(DecideRestore, NamesTheMissingCheckpointThatTheLogSpeaksOf) {
  RestoreFacts given = facts({});
  given.lost = CheckpointName{GenerationId(2), CheckpointId(5)};
  EXPECT_THAT(decide_restore(given).message, HasSubstr("checkpoints are missing in /c/job"));
  EXPECT_THAT(decide_restore(given).message, HasSubstr("2.5"));
}

TEST(DecideRestore, SaysBothSidesOfAForeignManifest) {
  RestoreFacts given = facts({found(8, Condition::kForeign)});
  EXPECT_EQ("file 8 is bad", decide_restore(given).message);
}

TEST(DecideRestore, NamesTheFlagThatStartsAFinishedJobAnew) {
  RestoreFacts given = facts({});
  given.finished = true;
  given.mode = RestoreMode::kNone;
  EXPECT_THAT(decide_restore(given).message, HasSubstr("--weir.restart"));
}

TEST(DecideRestore, BeginsWithASavepointWhereThereIsNothingYet) {
  RestoreFacts given = facts({});
  given.savepoint = "savepoint-1";
  EXPECT_EQ(decide_restore(given).kind, Kind::kImport);
  given.log = false;
  EXPECT_EQ(decide_restore(given).kind, Kind::kImport);
  given.log = true;
  given.lost = CheckpointName{GenerationId(1), CheckpointId(3)};
  EXPECT_EQ(decide_restore(given).kind, Kind::kFail);
}

TEST(DecideRestore, GoesOnFromTheNewestCheckpointIfThatBeganWithTheSavepoint) {
  RestoreFacts given = facts({found(9, Condition::kWhole)});
  given.savepoint = "savepoint-1";
  given.completed[0].origin = "savepoint-1";
  EXPECT_EQ(decide_restore(given).kind, Kind::kRestore);
  given.completed[0].origin = "savepoint-2";
  const RestoreDecision other = decide_restore(given);
  EXPECT_EQ(other.kind, Kind::kRefuse);
  EXPECT_THAT(other.message, HasSubstr("began with savepoint 'savepoint-2'"));
  EXPECT_THAT(other.message, HasSubstr("to begin with savepoint 'savepoint-1', name another"));
  given.completed[0].origin = "";
  EXPECT_THAT(decide_restore(given).message, HasSubstr("did not begin with a savepoint"));
}

}  // namespace
}  // namespace weir::checkpoint
