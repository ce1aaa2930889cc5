#include "weir/stream/operators/process_operator.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "weir/core/error.h"

#include "../state/state_bed.h"
#include "driven_operator.h"

namespace weir::detail {
namespace {

using tests::Strings;

struct Word {
  std::int64_t time;
  std::string text;
};

BatchPtr words(const std::vector<Word>& all) {
  auto batch = std::make_unique<Batch<Word>>(std::max<std::size_t>(all.size(), 1));
  for (const Word& word : all) batch->push(word, timestamp_ms(word.time), hash_key(word.text));
  return batch;
}

using Context = ProcessContext<std::string>;
using Opening = ProcessOpening<std::string>;

/// Counts each word and lists its times; what happens at a record and at a timer besides is for each test to say.
struct Counting {
  std::function<void(Counting&, const Word&, Context&, Out<std::string>&)> at_word;
  std::function<void(Counting&, Timestamp, Context&, Out<std::string>&)> at_timer;
  ValueState<std::string, std::int64_t> count{"count"};
  ListState<std::string, std::int64_t> times{"times"};
  MapState<std::string, std::int64_t, std::string> by_time{"by time"};

  void open(Opening& opening) {
    opening.keep(count);
    opening.keep(times);
    opening.keep(by_time);
  }
  void process_element(const Word& word, Context& context, Out<std::string>& out) {
    ++count->update();
    times->add(word.time);
    by_time->set(word.time, word.text + "!");
    if (at_word) at_word(*this, word, context, out);
  }
  void on_timer(Timestamp time, Context& context, Out<std::string>& out) {
    if (at_timer) return at_timer(*this, time, context, out);
    out.emit(fmt::format("{} {} at {}", context.key(), *count->get(), to_ms(time)));
  }
  void close(Out<std::string>& out) { out.emit("closed"); }
};

/// Sets an event timer at the word's time + 10.
void remind(Counting&, const Word& word, Context& context, Out<std::string>&) {
  context.set_event_timer(timestamp_ms(word.time + 10));
}

/// Sets a processing timer 10 ms later.
void remind_by_clock(Counting&, const Word&, Context& context, Out<std::string>&) {
  context.set_processing_timer(context.processing_time() + Duration{10});
}

struct Checkpoint {
  StateHandle state;
  SavedValues values;
};

/// The operator, with keyed state; perhaps restored.
template <class F>
class Process {
 public:
  Process(state::StateBed& bed, F function, const std::optional<Checkpoint>& restored = {}, std::size_t batch_size = 64,
          bool drain = false, std::optional<std::size_t> memory = {})
      : bed_(bed) {
    state_ = bed.make(1, nullptr, {0, kDefaultKeyGroups}, memory);
    if (restored) state_->expect({restored->state}, bed.fetch());
    driven_.emplace(std::make_unique<ProcessOperator<Word, std::string Word::*, F>>(&Word::text, std::move(function)),
                    &bed.world, drain, state_.get());
    driven_->template add_port<std::string>(batch_size, [](const std::string& result, Timestamp) { return result; });
    if (!restored) return;
    bed.finish_restore(*state_);
    driven_->op().restore(restored->values);
  }

  tests::DrivenOperator* operator->() { return &*driven_; }

  Checkpoint checkpoint() {
    const CheckpointId id = bed_.next_checkpoint();
    driven_->barrier(id.value());
    driven_->take();
    state_->freeze(id);
    SavedValues values = driven_->saved();
    return {bed_.finish(*state_), std::move(values)};
  }

 private:
  state::StateBed& bed_;
  std::optional<tests::DrivenOperator> driven_;
  std::unique_ptr<state::KeyedState> state_;  // ends before the operator whose sections it knows
};

class ProcessTest : public testing::Test {
 protected:
  ProcessTest() {
    bed.world.freeze_wall();
    bed.world.set_wall(timestamp_ms(1'000));
  }

  std::string error_of(const std::function<void()>& act) {
    try {
      act();
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  state::StateBed bed;
};

TEST_F(ProcessTest, KeepsStateForEachKey) {
  Process process(bed, Counting{[](Counting& self, const Word&, Context& context, Out<std::string>& out) {
                                  std::string all;
                                  self.times->for_each([&](std::int64_t time) { all += fmt::format(" {}", time); });
                                  self.by_time->for_each([&](std::int64_t time, const std::string& text) {
                                    all += fmt::format(" {}={}", time, text);
                                  });
                                  out.emit(fmt::format("{} {}:{}", context.key(), *self.count->get(), all));
                                },
                                {}});
  process->feed(words({{1, "a"}, {2, "b"}, {3, "a"}}));
  EXPECT_EQ(process->take(), (Strings{"a 1: 1 1=a!", "b 1: 2 2=b!", "a 2: 1 3 1=a! 3=a!"}));
}

TEST_F(ProcessTest, TellsTheTimeOfTheRecordTheWatermarkAndTheClock) {
  Process process(bed,
                  Counting{[](Counting&, const Word&, Context& context, Out<std::string>& out) {
                             out.emit(fmt::format("{} {} {}", to_ms(context.timestamp()),
                                                  to_ms(context.watermark().time()), to_ms(context.processing_time())));
                           },
                           {}});
  process->watermark(7);
  process->feed(words({{5, "a"}}));
  EXPECT_EQ(process->take(), (Strings{"watermark 7", "5 7 1000"}));
  bed.world.set_wall(timestamp_ms(500));
  process->feed(words({{9, "a"}}));
  EXPECT_EQ(process->take(), Strings{"9 7 1000"}) << "the clock never goes back";
}

TEST_F(ProcessTest, FiresEventTimersInTheOrderOfTheirTimesBeforeTheWatermark) {
  Process process(bed, Counting{remind, {}});
  process->feed(words({{20, "b"}, {5, "a"}, {6, "b"}}));
  process->watermark(14);
  EXPECT_EQ(process->take(), Strings{"watermark 14"});
  process->watermark(30);
  EXPECT_EQ(process->take(), (Strings{"a 1 at 15", "b 2 at 16", "b 2 at 30", "watermark 30"}));
}

TEST_F(ProcessTest, FiresATimerOnceHoweverOftenItWasSet) {
  Process process(bed, Counting{remind, {}});
  process->feed(words({{5, "a"}, {5, "a"}}));
  process->watermark(15);
  EXPECT_EQ(process->take(), (Strings{"a 2 at 15", "watermark 15"}));
  process->watermark(20);
  EXPECT_EQ(process->take(), Strings{"watermark 20"});
}

TEST_F(ProcessTest, GoesOnFiringWhereItsOutputWasFull) {
  for (const std::size_t batch_size : {1, 2, 7, 64}) {
    Process process(bed, Counting{remind, {}}, {}, batch_size);
    std::vector<Word> all;
    Strings expected;
    for (int i = 0; i < 50; ++i) {
      all.push_back({i, fmt::format("w{}", i)});
      expected.push_back(fmt::format("w{} 1 at {}", i, i + 10));
    }
    expected.emplace_back("watermark 100");
    process->feed(words(all));
    process->watermark(100);
    EXPECT_EQ(process->take(), expected) << "batches of " << batch_size;
    if (batch_size == 1) {
      EXPECT_GT(process->stops(), 40);
    }
  }
}

TEST_F(ProcessTest, FiresATimerForThePastBehindTheRecordThatSetIt) {
  for (const std::size_t batch_size : {1, 64}) {
    const auto remind_and_say = [](Counting& self, const Word& word, Context& context, Out<std::string>& out) {
      out.emit(word.text);
      remind(self, word, context, out);
    };
    Process process(bed, Counting{remind_and_say, {}}, {}, batch_size);
    process->watermark(20);
    process->feed(words({{5, "a"}, {30, "b"}, {10, "c"}}));
    EXPECT_EQ(process->take(), (Strings{"watermark 20", "a", "a 1 at 15", "b", "c", "c 1 at 20"}));
  }
}

TEST_F(ProcessTest, FiresATimerThatATimerSet) {
  const auto again = [](Counting&, Timestamp time, Context& context, Out<std::string>& out) {
    out.emit(fmt::format("{} at {}", context.key(), to_ms(time)));
    context.set_event_timer(time + Duration{10});
  };
  Process process(bed, Counting{remind, again});
  process->feed(words({{0, "a"}, {5, "b"}}));
  process->watermark(30);
  EXPECT_EQ(process->take(), (Strings{"a at 10", "b at 15", "a at 20", "b at 25", "a at 30", "watermark 30"}));
}

TEST_F(ProcessTest, EndsWithTheTimersThatAreSetWhenTheInputEnds) {
  const auto again = [](Counting&, Timestamp time, Context& context, Out<std::string>& out) {
    EXPECT_EQ(context.watermark(), Watermark::end());
    out.emit(fmt::format("{} at {}: {}", context.key(), to_ms(time), context.set_event_timer(time + Duration{10})));
  };
  Process process(bed, Counting{remind, again});
  process->feed(words({{0, "a"}, {5, "b"}}));
  process->watermark(Watermark::end());
  process->end();
  EXPECT_EQ(process->take(), (Strings{"a at 10: false", "b at 15: false", "the last watermark", "closed"}));
}

TEST_F(ProcessTest, FiresNoTimerThatWasTakenBack) {
  const auto take_back = [](Counting&, const Word& word, Context& context, Out<std::string>& out) {
    if (word.text == "a") {
      const bool set = context.set_event_timer(timestamp_ms(50));
      out.emit(fmt::format("{} {}", set, context.cancel_event_timer(timestamp_ms(50))));
    } else {
      out.emit(fmt::format("{}", context.cancel_event_timer(timestamp_ms(50))));
      context.set_event_timer(timestamp_ms(60));
    }
  };
  Process process(bed, Counting{take_back, {}});
  process->feed(words({{0, "a"}, {0, "b"}}));
  process->watermark(100);
  EXPECT_EQ(process->take(), (Strings{"true true", "false", "b 1 at 60", "watermark 100"}));
}

TEST_F(ProcessTest, FiresProcessingTimersWhenTheClockReachesThem) {
  Process process(bed, Counting{remind_by_clock, {}});
  process->feed(words({{0, "a"}}));
  EXPECT_EQ(process->op().next_deadline().wall, timestamp_ms(1'010));
  bed.world.set_wall(timestamp_ms(1'009));
  process->time();
  EXPECT_EQ(process->take(), Strings{});
  bed.world.set_wall(timestamp_ms(1'010));
  process->time();
  EXPECT_EQ(process->take(), Strings{"a 1 at 1010"});
  EXPECT_EQ(process->op().next_deadline().wall, Timestamp::max());
}

TEST_F(ProcessTest, FiresProcessingTimersThatAreDueBeforeItHandlesARecord) {
  Process process(bed, Counting{remind_by_clock, {}}, {}, 1);
  process->feed(words({{0, "a"}, {0, "b"}}));
  bed.world.set_wall(timestamp_ms(1'010));
  process->feed(words({{0, "a"}}));
  Strings fired = process->take();
  std::sort(fired.begin(), fired.end());
  EXPECT_EQ(fired, (Strings{"a 1 at 1010", "b 1 at 1010"})) << "the second a is not counted yet";
}

TEST_F(ProcessTest, TellsTimersByTheirClocks) {
  const auto both = [](Counting&, const Word&, Context& context, Out<std::string>&) {
    context.set_event_timer(timestamp_ms(1'005));
    context.set_processing_timer(timestamp_ms(1'005));
  };
  const auto say = [](Counting&, Timestamp, Context& context, Out<std::string>& out) {
    out.emit(context.domain() == TimeDomain::kEventTime ? "event" : "processing");
  };
  Process process(bed, Counting{both, say});
  process->feed(words({{0, "a"}}));
  process->watermark(2'000);
  bed.world.set_wall(timestamp_ms(1'005));
  process->time();
  EXPECT_EQ(process->take(), (Strings{"event", "watermark 2000", "processing"}));
}

TEST_F(ProcessTest, FiresProcessingTimersAtTheEndOnlyWhenItIsToDrain) {
  const auto again = [](Counting&, Timestamp time, Context& context, Out<std::string>& out) {
    out.emit(fmt::format("{} {}", to_ms(time), context.set_processing_timer(time + Duration{10})));
  };
  Process drained(bed, Counting{remind_by_clock, again}, {}, 64, true);
  drained->feed(words({{0, "a"}}));
  drained->end();
  EXPECT_EQ(drained->take(), (Strings{"1010 false", "closed"}));
  Process dropped(bed, Counting{remind_by_clock, again}, {}, 64, false);
  dropped->feed(words({{0, "a"}}));
  dropped->end();
  EXPECT_EQ(dropped->take(), Strings{"closed"});
}

TEST_F(ProcessTest, BringsStatesAndTimersBack) {
  const auto remind_of_all = [](Counting& self, const Word& word, Context& context, Out<std::string>& out) {
    remind(self, word, context, out);
    remind_by_clock(self, word, context, out);
  };
  const auto say_all = [](Counting& self, Timestamp time, Context& context, Out<std::string>& out) {
    out.emit(fmt::format("{} {} {} {} at {}", context.key(), *self.count->get(), self.times->size(),
                         self.by_time->size(), to_ms(time)));
  };
  Process before(bed, Counting{remind_of_all, say_all});
  before->feed(words({{1, "a"}, {2, "b"}, {30, "a"}}));
  before->watermark(11);
  EXPECT_EQ(before->take(), (Strings{"a 2 2 2 at 11", "watermark 11"}));
  const Checkpoint checkpoint = before.checkpoint();
  before->feed(words({{3, "a"}}));
  before->watermark(100);

  bed.world.set_wall(timestamp_ms(900));
  Process after(bed, Counting{remind_of_all, say_all}, checkpoint);
  after->watermark(12);
  EXPECT_EQ(after->take(), (Strings{"b 1 1 1 at 12", "watermark 12"})) << "the timer for 11 has fired before";
  after->feed(words({{5, "a"}}));
  EXPECT_EQ(after->op().next_deadline().wall, timestamp_ms(1'010)) << "of both runs: the clock did not go back";
  after->watermark(40);
  EXPECT_EQ(after->take(), (Strings{"a 3 3 3 at 15", "a 3 3 3 at 40", "watermark 40"}));
  bed.world.set_wall(timestamp_ms(5'000));
  after->time();
  Strings fired = after->take();
  std::sort(fired.begin(), fired.end());
  EXPECT_EQ(fired, (Strings{"a 3 3 3 at 1010", "b 1 1 1 at 1010"}));
}

TEST_F(ProcessTest, FiresInOrderAtOnceWhatBecameDueWhileItWasDown) {
  const auto set = [](Counting&, const Word& word, Context& context, Out<std::string>&) {
    context.set_processing_timer(timestamp_ms(word.time));
  };
  Process before(bed, Counting{set, {}});
  before->feed(words({{3'000, "c"}, {2'000, "b"}, {9'000, "d"}, {1'500, "a"}}));
  const Checkpoint checkpoint = before.checkpoint();
  bed.world.set_wall(timestamp_ms(5'000));
  Process after(bed, Counting{set, {}}, checkpoint, 1);
  EXPECT_EQ(after->op().next_deadline().wall, timestamp_ms(1'500));
  after->time();
  EXPECT_EQ(after->take(), (Strings{"a 1 at 1500", "b 1 at 2000", "c 1 at 3000"}));
}

TEST_F(ProcessTest, MakesNoLateRecordEarlyAfterARestore) {
  const auto say = [](Counting&, const Word&, Context& context, Out<std::string>& out) {
    out.emit(context.watermark().passes(context.timestamp()) ? "late" : "early");
  };
  Process before(bed, Counting{say, {}});
  before->watermark(50);
  Process after(bed, Counting{say, {}}, before.checkpoint());
  after->watermark(20);
  after->feed(words({{40, "a"}}));
  EXPECT_EQ(after->take(), (Strings{"watermark 20", "late"}));
}

/// At each word's time, how many times in a row its key had one within 15 ms of the last.
struct Streaks {
  ExpiringValueState<std::string, std::int64_t> streak{"streak",
                                                       {.ttl = Duration{15}, .domain = TimeDomain::kEventTime}};

  void open(Opening& opening) { opening.keep(streak); }
  void process_element(const Word& word, Context& context, Out<std::string>&) {
    context.set_event_timer(timestamp_ms(word.time));
  }
  void on_timer(Timestamp time, Context& context, Out<std::string>& out) {
    out.emit(fmt::format("{} {} at {}", context.key(), ++streak->update(), to_ms(time)));
  }
};

const std::vector<Word> kStreak = {{0, "a"}, {10, "a"}, {20, "a"}, {60, "a"}};
const Strings kStreakTold = {"a 1 at 0", "a 2 at 10", "a 3 at 20", "a 1 at 60"};

TEST_F(ProcessTest, LetsEventTimersSeeStateThatExpiresAsItWasAtTheirTimes) {
  Process process(bed, Streaks{});
  process->feed(words(kStreak));
  process->watermark(100);
  Strings expected = kStreakTold;
  expected.emplace_back("watermark 100");
  EXPECT_EQ(process->take(), expected);
}

TEST_F(ProcessTest, LetsEventTimersSeeItSoAlsoIfARestoreMakesThemDue) {
  Process ahead(bed, Streaks{});
  ahead->watermark(100);
  const SavedValues values = ahead.checkpoint().values;
  Process behind(bed, Streaks{});
  behind->feed(words(kStreak));
  const StateHandle state = behind.checkpoint().state;
  Process process(bed, Streaks{}, Checkpoint{state, values});
  process->time();
  EXPECT_EQ(process->take(), kStreakTold);
}

/// Passes a key on that has not come for 50 ms, by the clock.
struct Once {
  ExpiringValueState<std::string, bool> seen{
      "seen", {.ttl = Duration{50}, .domain = TimeDomain::kProcessingTime, .update = TtlUpdate::kOnReadAndWrite}};

  void open(Opening& opening) { opening.keep(seen); }
  void process_element(const Word& word, Context&, Out<std::string>& out) {
    if (seen->get() != nullptr) return;
    seen->set(true);
    out.emit(word.text);
  }
};

TEST_F(ProcessTest, ForgetsStateThatExpiresByItsClockAcrossARestore) {
  Process process(bed, Once{});
  process->feed(words({{0, "a"}, {0, "a"}}));
  bed.world.set_wall(timestamp_ms(1'049));
  process->feed(words({{0, "a"}}));
  EXPECT_EQ(process->take(), (Strings{"a"}));
  const Checkpoint checkpoint = process.checkpoint();

  bed.world.set_wall(timestamp_ms(900));  // which it does not go by: its clock never goes back
  Process again(bed, Once{}, checkpoint);
  again->feed(words({{0, "a"}}));
  EXPECT_EQ(again->take(), Strings{});
  bed.world.set_wall(timestamp_ms(1'099));
  again->feed(words({{0, "a"}}));
  EXPECT_EQ(again->take(), (Strings{"a"}));
}

TEST_F(ProcessTest, RefusesStateWithATimeToLiveThatIsNone) {
  struct Never : Once {
    void open(Opening& opening) {
      ExpiringValueState<std::string, bool> never{"never", {.ttl = Duration{0}}};
      opening.keep(never);
    }
  };
  EXPECT_NE(error_of([&] { Process process(bed, Never{}); }).find("time to live is 0 ms"), std::string::npos);
}

TEST_F(ProcessTest, NamesTheRecordAtWhichTheFunctionThrows) {
  Process process(bed,
                  Counting{[](Counting&, const Word&, Context&, Out<std::string>&) { throw UserError("no"); }, {}});
  EXPECT_EQ(error_of([&] { process->feed(words({{5, "a"}})); }), "record 0 of its batch at 5 ms: no");
}

TEST_F(ProcessTest, NamesTheTimerAtWhichTheFunctionThrows) {
  Process process(bed,
                  Counting{remind, [](Counting&, Timestamp, Context&, Out<std::string>&) { throw UserError("no"); }});
  process->feed(words({{5, "a"}}));
  EXPECT_EQ(error_of([&] { process->watermark(20); }), "timer at 15 ms of a: no");
}

TEST_F(ProcessTest, RefusesATimerOutsideOfTime) {
  Process process(bed, Counting{[](Counting&, const Word&, Context& context, Out<std::string>&) {
                                  context.set_event_timer(Timestamp::max());
                                },
                                {}});
  EXPECT_NE(
      error_of([&] { process->feed(words({{5, "a"}})); }).find("a timer for 9223372036854775807 ms is out of range"),
      std::string::npos);
}

/// Has neither open() nor on_timer().
struct Forgetful {
  bool sets_timers;
  ValueState<std::string, std::int64_t> count{"count"};
  void process_element(const Word&, Context& context, Out<std::string>&) {
    if (sets_timers) {
      context.set_event_timer(timestamp_ms(1));
    } else {
      ++count->update();
    }
  }
};

TEST_F(ProcessTest, RefusesAStateThatWasNotKept) {
  Process process(bed, Forgetful{false});
  EXPECT_NE(
      error_of([&] { process->feed(words({{5, "a"}})); }).find("the state 'count' is used, but open() has not kept it"),
      std::string::npos);
}

TEST_F(ProcessTest, RefusesATimerThatNobodyWouldHearOf) {
  Process process(bed, Forgetful{true});
  EXPECT_NE(error_of([&] { process->feed(words({{5, "a"}})); }).find("the process function has no on_timer("),
            std::string::npos);
}

/// Declares two states alike.
struct Twice {
  ValueState<std::string, std::int64_t> one{"same"};
  ValueState<std::string, std::int64_t> other{"same"};
  void open(Opening& opening) {
    opening.keep(one);
    opening.keep(other);
  }
  void process_element(const Word&, Context&, Out<std::string>&) {}
};

TEST_F(ProcessTest, RefusesTwoStatesOfOneName) {
  EXPECT_EQ(error_of([&] { Process process(bed, Twice{}); }),
            "a function keeps two states named 'same': a checkpoint could not tell them apart");
}

TEST_F(ProcessTest, GivesWayBetweenTimersIfStateHasAShareOfMemory) {
  std::vector<Word> all;
  for (int i = 0; i < 300; ++i) all.push_back({i, "w" + std::to_string(i)});
  const Counting silent{remind, [](Counting&, Timestamp time, Context&, Out<std::string>& out) {
                          if (time == timestamp_ms(309)) out.emit("all");
                        }};
  Process process(bed, silent, {}, 64, false, 100'000'000);
  process->feed(words(all));
  const int before = process->stops();
  process->watermark(1'000);
  EXPECT_GE(process->stops() - before, 4);
  EXPECT_EQ(process->take(), (Strings{"all", "watermark 1000"}));
  Process unlimited(bed, silent);
  unlimited->feed(words(all));
  const int without = unlimited->stops();
  unlimited->watermark(1'000);
  EXPECT_EQ(unlimited->stops(), without);
}

}  // namespace
}  // namespace weir::detail
