// All interleavings of coordinators that share one log. A coordinator that is never stepped again has crashed; one that
// is stepped late was stalled. Their decisions are the code's own.

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/checkpoint/history.h"
#include "weir/checkpoint/log_rules.h"

namespace weir::checkpoint {
namespace {

/// What is left out of the protocol, once each.
enum class Without {
  kNothing,
  kAsItWasRead,
  kOwnEntriesOnly,
  kSecondLook,
  kTakeoverFirst,
  kHighestStays,
  kOlderStagedOnly
};

constexpr std::size_t kEntries = 16;
constexpr std::size_t kRecords = 2;
constexpr std::size_t kCoordinators = 3;

/// A piece of staged output: one record, written by one coordinator. Bit writer * kRecords + record.
using Pieces = std::uint8_t;
static_assert(kCoordinators * kRecords <= 8);

enum class Kind : std::uint8_t { kNone, kTakeover, kCompleted };

struct Entry {
  Kind kind = Kind::kNone;
  std::uint8_t writer = 0;
  std::uint8_t position = 0;    ///< of a checkpoint: records that it covers; it is also its id
  std::uint8_t generation = 0;  ///< of the checkpoint, or of the one that a takeover restores
  bool restores = false;
  Pieces undelivered = 0;
};

enum class Pc : std::uint8_t {
  kStart,      ///< lists, decides what to restore and where to take over
  kTakeOver,   ///< creates its takeover
  kLookAgain,  ///< lists again
  kRecover,    ///< removes what others staged, delivers what the restored checkpoint lists
  kCleanUp,    ///< lists, decides what to delete
  kDelete,     ///< deletes one entry
  kWork,       ///< reads a record, stages its output
  kAppend,     ///< lists, decides where to append
  kPublish,    ///< creates its Completed
  kLookAfter,  ///< lists again
  kDeliver,    ///< makes output visible, or puts it off until the next checkpoint
  kOver,
};

struct Coordinator {
  Pc pc = Pc::kStart;
  bool taken_over = false;
  std::uint8_t takeover = 0;
  std::uint8_t last = 0;
  std::uint8_t index = 0;  ///< where the next entry is created
  std::uint8_t position = 0;
  std::uint8_t restored_generation = 0;
  bool restored = false;
  Pieces undelivered = 0;
  std::uint16_t deletes = 0;
};

struct State {
  std::array<Entry, kEntries> log;
  std::array<Coordinator, kCoordinators> coordinators;
  Pieces staged = 0;
  Pieces visible = 0;
};

struct Result {
  std::string violation;  ///< empty: none
  std::size_t states = 0;
  bool filled_a_hole = false;
  bool two_completed = false;
};

class Model {
 public:
  explicit Model(Without without) : without_(without) {}

  Result run() {
    visit(State{});
    while (!queue_.empty() && result_.violation.empty()) {
      const State state = queue_.front();
      queue_.pop_front();
      for (std::uint8_t who = 0; who < kCoordinators; ++who) step(state, who);
    }
    result_.states = seen_.size();
    return result_;
  }

 private:
  static Pieces piece(std::uint8_t writer, std::uint8_t record) {
    return static_cast<Pieces>(1U << (writer * kRecords + record));
  }
  static WriterId writer_id(std::uint8_t who) { return WriterId(who + 1); }

  static std::string key(const State& state) {
    std::string key;
    for (const Entry& entry : state.log) {
      key += static_cast<char>(entry.kind);
      if (entry.kind == Kind::kNone) continue;
      for (const std::uint8_t byte : {entry.writer, entry.position, entry.generation,
                                      static_cast<std::uint8_t>(entry.restores), entry.undelivered})
        key += static_cast<char>(byte);
    }
    for (const Coordinator& it : state.coordinators)
      for (const std::uint8_t byte :
           {static_cast<std::uint8_t>(it.pc), static_cast<std::uint8_t>(it.taken_over), it.takeover, it.last, it.index,
            it.position, it.restored_generation, static_cast<std::uint8_t>(it.restored), it.undelivered,
            static_cast<std::uint8_t>(it.deletes), static_cast<std::uint8_t>(it.deletes >> 8)})
        key += static_cast<char>(byte);
    key += static_cast<char>(state.staged);
    key += static_cast<char>(state.visible);
    return key;
  }

  void visit(const State& state) {
    if (seen_.insert(key(state)).second) queue_.push_back(state);
  }

  static SeenLog list(const State& state) {
    SeenLog seen;
    for (std::size_t i = 0; i < kEntries; ++i)
      if (state.log[i].kind != Kind::kNone) seen.push_back({i, writer_id(state.log[i].writer)});
    return seen;
  }

  LogStanding standing(const Coordinator& it, std::uint8_t who) const {
    LogStanding standing{writer_id(who), std::nullopt, it.last, it.index};
    if (it.taken_over) standing.takeover = it.takeover;
    return standing;
  }

  /// What a coordinator that starts now finds, by the code's own reading of the log.
  static History history(const State& state) {
    std::vector<LogEntry> entries;
    for (std::size_t i = 0; i < kEntries; ++i) {
      const Entry& entry = state.log[i];
      const CheckpointName name{GenerationId(entry.generation), CheckpointId(entry.position)};
      LogEntry real{i, {}, writer_id(entry.writer), Takeover{}};
      if (entry.kind == Kind::kNone) continue;
      if (entry.kind == Kind::kCompleted) real.what = Completed{name, {}, 0, {}};
      if (entry.kind == Kind::kTakeover && entry.restores) real.what = Takeover{{}, name};
      entries.push_back(std::move(real));
    }
    return read_history(entries);
  }

  void violated(std::string what) {
    if (result_.violation.empty()) result_.violation = std::move(what);
  }

  /// False: output is lost.
  bool deliver(State& state, Pieces pieces) {
    if ((pieces & ~(state.staged | state.visible)) != 0) {
      violated("lost: output of a completed checkpoint is neither staged nor visible");
      return false;
    }
    state.visible |= pieces;
    state.staged &= static_cast<Pieces>(~pieces);
    for (std::uint8_t record = 0; record < kRecords; ++record) {
      int times = 0;
      for (std::uint8_t writer = 0; writer < kCoordinators; ++writer)
        times += (state.visible & piece(writer, record)) != 0 ? 1 : 0;
      if (times > 1) violated("doubled: a record is visible twice");
    }
    return true;
  }

  void start(State& state, Coordinator& it) {
    const History found = history(state);
    if (found.lost) return violated("lost: the log names a checkpoint that is not there");
    if (!found.completed.empty()) {
      const Entry& newest = state.log[found.completed.back().index];
      it.restored = true;
      it.restored_generation = newest.generation;
      it.position = newest.position;
      it.undelivered = newest.undelivered;
    }
    for (std::uint8_t record = 0; record < kRecords; ++record) {
      bool there = false;
      for (std::uint8_t writer = 0; writer < kCoordinators; ++writer) {
        const Pieces one = piece(writer, record);
        there |= (state.visible & one) != 0 || (it.undelivered & state.staged & one) != 0;
        if (record >= it.position && (state.visible & one) != 0)
          return violated("doubled: a record is visible that will be read again");
      }
      if (record < it.position && !there) return violated("lost: a record is covered and in no output");
    }
    it.index = static_cast<std::uint8_t>(end_of(list(state)));
    it.pc = without_ == Without::kTakeoverFirst ? Pc::kRecover : Pc::kTakeOver;
  }

  void recover(State& state, Coordinator& it, std::uint8_t who) {
    if (without_ != Without::kTakeoverFirst && !may_act(standing(it, who))) {
      it.pc = Pc::kOver;
      return;
    }
    // Only what earlier generations staged: a stalled coordinator's own takeover is no leave to remove later ones'.
    for (std::uint8_t writer = 0; writer < kCoordinators; ++writer) {
      const Coordinator& other = state.coordinators[writer];
      if (without_ != Without::kOlderStagedOnly && (!other.taken_over || other.takeover >= it.index)) continue;
      for (std::uint8_t record = 0; record < kRecords; ++record)
        state.staged &= static_cast<Pieces>(~(piece(writer, record) & ~it.undelivered));
    }
    if (!deliver(state, it.undelivered)) return;
    it.undelivered = 0;
    it.pc = without_ == Without::kTakeoverFirst ? Pc::kTakeOver : Pc::kCleanUp;
  }

  void step(State state, std::uint8_t who) {
    Coordinator& it = state.coordinators[who];
    const auto create = [&](Entry entry) {
      if (it.index >= kEntries) return false;
      if (state.log[it.index].kind != Kind::kNone) return false;
      for (std::size_t i = it.index; i < kEntries; ++i) result_.filled_a_hole |= state.log[i].kind != Kind::kNone;
      entry.writer = who;
      state.log[it.index] = entry;
      return true;
    };
    const bool second_look = without_ != Without::kSecondLook;
    switch (it.pc) {
      case Pc::kStart:
        start(state, it);
        break;
      case Pc::kTakeOver: {
        Entry entry{Kind::kTakeover, who, 0, 0, it.restored, 0};
        if (it.restored) {
          entry.generation = it.restored_generation;
          entry.position = it.position;
        }
        const SeenLog seen = list(state);
        it.index = static_cast<std::uint8_t>(
            without_ == Without::kAsItWasRead ? end_of(seen) : decide_append(seen, standing(it, who)).index);
        if (create(entry)) {
          it.pc = Pc::kLookAgain;
        } else {
          it = Coordinator{};  // looks from the beginning
        }
        break;
      }
      case Pc::kLookAgain:
        it.taken_over = true;
        it.takeover = it.last = it.index;
        it.pc = second_look && !stands(list(state), it.index, writer_id(who)) ? Pc::kOver
                : without_ == Without::kTakeoverFirst                         ? Pc::kCleanUp
                                                                              : Pc::kRecover;
        break;
      case Pc::kRecover:
        recover(state, it, who);
        break;
      case Pc::kCleanUp: {
        it.deletes = 0;
        const SeenLog seen = list(state);
        const History found = history(state);
        const std::uint64_t needed = found.completed.empty() ? 0 : found.completed.back().index;
        if (may_continue(seen, it, who)) {
          for (const std::uint64_t index : retirable(seen, needed))
            it.deletes |= static_cast<std::uint16_t>(1U << index);
          if (without_ == Without::kHighestStays && seen.back().index != needed)
            it.deletes |= static_cast<std::uint16_t>(1U << seen.back().index);
        } else {
          it.pc = Pc::kOver;
          break;
        }
        it.pc = it.deletes == 0 ? Pc::kWork : Pc::kDelete;
        break;
      }
      case Pc::kDelete: {
        const int lowest = std::countr_zero(it.deletes);
        state.log[static_cast<std::size_t>(lowest)] = Entry{};
        it.deletes &= static_cast<std::uint16_t>(it.deletes - 1);
        if (it.deletes == 0) it.pc = Pc::kWork;
        break;
      }
      case Pc::kWork:
        if (it.position == kRecords) {
          it.pc = Pc::kOver;
          break;
        }
        state.staged |= piece(who, it.position);
        it.undelivered |= piece(who, it.position);
        ++it.position;
        it.pc = Pc::kAppend;
        break;
      case Pc::kAppend: {
        const SeenLog seen = list(state);
        it.index = static_cast<std::uint8_t>(decide_append(seen, standing(it, who)).index);
        it.pc = may_continue(seen, it, who) ? Pc::kPublish : Pc::kOver;
        break;
      }
      case Pc::kPublish:
        if (create({Kind::kCompleted, who, it.position, it.takeover, false, it.undelivered})) {
          it.pc = Pc::kLookAfter;
        } else {
          it.pc = without_ == Without::kOwnEntriesOnly ? Pc::kAppend : Pc::kOver;
        }
        break;
      case Pc::kLookAfter:
        it.last = it.index;
        it.pc = second_look && !stands(list(state), it.index, writer_id(who)) ? Pc::kOver : Pc::kDeliver;
        result_.two_completed |= history(state).completed.size() > 1;
        break;
      case Pc::kDeliver: {
        State later = state;
        later.coordinators[who].pc = Pc::kCleanUp;
        visit(later);
        if (!deliver(state, it.undelivered)) return;
        it.undelivered = 0;
        it.pc = Pc::kCleanUp;
        break;
      }
      case Pc::kOver:
        return;
    }
    visit(state);
  }

  bool may_continue(const SeenLog& seen, const Coordinator& it, std::uint8_t who) const {
    return without_ == Without::kOwnEntriesOnly || !decide_append(seen, standing(it, who)).fenced;
  }

  const Without without_;
  std::unordered_set<std::string> seen_;
  std::deque<State> queue_;
  Result result_;
};

TEST(LogModel, NeitherLosesNorDoublesInAnyInterleaving) {
  const Result result = Model(Without::kNothing).run();
  EXPECT_EQ("", result.violation);
  EXPECT_TRUE(result.filled_a_hole) << "the interleavings that rule 2 is for did not come up";
  EXPECT_TRUE(result.two_completed);
  EXPECT_GT(result.states, 10'000u);
  RecordProperty("states", std::to_string(result.states));
}

std::string violation(Without without) { return Model(without).run().violation; }

const auto kLostOrDoubled = ::testing::ContainsRegex("^(lost|doubled): ");

TEST(LogModel, FailsWhenATakeoverGoesBehindEntriesThatCameAfterTheLogWasRead) {
  EXPECT_THAT(violation(Without::kAsItWasRead), kLostOrDoubled);
}

TEST(LogModel, FailsWhenACoordinatorAppendsBehindAnothersEntries) {
  EXPECT_THAT(violation(Without::kOwnEntriesOnly), kLostOrDoubled);
}

TEST(LogModel, FailsWhenACoordinatorDoesNotLookAgainAfterAppending) {
  EXPECT_THAT(violation(Without::kSecondLook), kLostOrDoubled);
}

TEST(LogModel, FailsWhenACoordinatorActsBeforeItsTakeover) {
  EXPECT_THAT(violation(Without::kTakeoverFirst), kLostOrDoubled);
}

TEST(LogModel, FailsWhenTheHighestEntryIsDeleted) { EXPECT_THAT(violation(Without::kHighestStays), kLostOrDoubled); }

TEST(LogModel, FailsWhenARecoveryRemovesWhatLaterGenerationsStaged) {
  EXPECT_THAT(violation(Without::kOlderStagedOnly), kLostOrDoubled);
}

}  // namespace
}  // namespace weir::checkpoint
