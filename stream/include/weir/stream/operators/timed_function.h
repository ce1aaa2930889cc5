#pragma once

#include <algorithm>
#include <cstddef>
#include <exception>
#include <functional>
#include <string>
#include <utility>

#include "weir/core/hash.h"
#include "weir/core/operator.h"
#include "weir/stream/operators/firing_turn.h"
#include "weir/stream/operators/function_operator.h"
#include "weir/stream/operators/records.h"
#include "weir/stream/process.h"

namespace weir::detail {

/// What a function with keys that emits R may have besides its calls for records: what any function may have, and
/// on_timer(Timestamp, Context&, Out<R>&).
template <class F, class K, class R, class Context = ProcessContext<K>>
constexpr bool other_calls_fit() {
  if constexpr (HasOnTimer<F>) {
    if (!requires(F& f, Timestamp time, Context& context, Out<R>& out) { f.on_timer(time, context, out); })
      return false;
  }
  return life_calls_fit<F, ProcessOpening<K>, R>();
}

/// Throws an error that names the timer at which user code threw; as rethrow_at_record().
[[noreturn]] void rethrow_at_timer(const std::exception& error, Timestamp time, const std::string& key);

/// What operators have in common that run a user's function F with state and timers for each key: everything but the
/// calls for records, which the operator behind it makes through for_each_keyed().
///
/// Event timers fire before their watermark is forwarded; those for a time that has passed already, behind the record
/// or timer that set them. Processing timers fire when the clock reaches them, before records that come then. When the
/// output is full, or a turn is over, firing goes on where it was. Every timer is kept until its call, so that a
/// failure loses none.
template <class K, class R, class F, class Context = ProcessContext<K>>
class TimedFunction : public FunctionOperator<R, F, ProcessMoment<K>> {
  using Base = FunctionOperator<R, F, ProcessMoment<K>>;

 public:
  explicit TimedFunction(F function) : Base(std::move(function)) { moment().calls_timers = HasOnTimer<F>; }

  void open(const OperatorContext& context) override {
    Base::open(context);
    drain_ = context.drain;
    turn_ = FiringTurn(context.state);
    if (context.state != nullptr) {
      keyed_ = context.state;
      moment().event_timers.open(*context.state, "timers: event time");
      moment().processing_timers.open(*context.state, "timers: processing time");
    }
    if constexpr (HasOpen<F>) {
      ProcessOpening<K> opening(moment(), context.state, this->states(), context);
      this->function().open(opening);
    }
  }

  Stop on_watermark(Watermark watermark, Outputs& out) override {
    this->note_watermark(watermark);
    return fire_events(out, turn_.timers()) ? Stop::kDone : Stop::kOutputFull;
  }

  Stop on_time(Outputs& out) override { return fire_all_due(out) ? Stop::kDone : Stop::kOutputFull; }

  Deadline next_deadline() const override {
    Deadline deadline;
    if (const auto first = moment().processing_timers.first()) deadline.wall = *first;
    return deadline;
  }

  Stop on_end(Outputs& out) override {
    moment().draining = true;
    if (!fire_events(out, turn_.timers())) return Stop::kOutputFull;
    if (drain_ && !fire(moment().processing_timers, Timestamp::max(), TimeDomain::kProcessingTime, out, turn_.timers()))
      return Stop::kOutputFull;
    moment().key.forget();
    this->close(out);
    return Stop::kDone;
  }

 protected:
  /// Calls call(record, out) for each record from `from` on, with its key and time at hand, and fires what is due.
  template <class T, class KeyFn, class Call>
  Progress for_each_keyed(const KeyFn& key_of, Batch<T>& records, std::size_t from, Outputs& out, Call&& call) {
    if (!fire_all_due(out)) return {from, Stop::kOutputFull};
    if (keyed_ != nullptr && keyed_->reads() != nullptr && !read_ahead(*keyed_->reads(), key_of, records, from))
      return {from, Stop::kBlocked};
    const Progress progress = for_each_record(records, from, out, [&](std::size_t i) {
      decltype(auto) key = std::invoke(key_of, std::as_const(records[i]));
      moment().key.set(records.hashes()[i], key);
      moment().timestamp = records.timestamps()[i];
      Out<R> results(out.port<R>(), moment().timestamp);
      call(std::as_const(records[i]), results);
      fire_events(out);
    });
    const bool done = progress.stop == Stop::kDone && fire_events(out);
    if (done) asked_ahead_ = false;
    return {progress.next, done ? Stop::kDone : Stop::kOutputFull};
  }

  /// The same for records without a key: there is no state at hand.
  template <class T, class Call>
  Progress for_each_without_key(Batch<T>& records, std::size_t from, Outputs& out, Call&& call) {
    if (!fire_all_due(out)) return {from, Stop::kOutputFull};
    moment().key.forget();
    return this->for_each(records, from, out, std::forward<Call>(call));
  }

  Context& context() { return context_; }
  using Base::moment;

 private:
  /// Has the values of the batch's keys that are not in memory read together, once a batch. False: they are on their
  /// way.
  template <class T, class KeyFn>
  bool read_ahead(state::ColdReads& reads, const KeyFn& key_of, Batch<T>& records, std::size_t from) {
    if (!std::exchange(asked_ahead_, true) && moment().key.any_cold()) {
      for (std::size_t i = from; i < records.size(); ++i) {
        decltype(auto) key = std::invoke(key_of, std::as_const(records[i]));
        moment().key.set(records.hashes()[i], key);
        moment().key.want();
      }
      if (!reads.fetch()) return false;
    }
    return reads.fetched();
  }

  /// False: the output is full or the turn over, and more is due.
  bool fire_all_due(Outputs& out) {
    this->note_clock();
    const std::size_t most = turn_.timers();
    // Behind a restore event time is as early as a timer that is due still: it comes first.
    return fire_events(out, most) &&
           fire(moment().processing_timers, moment().processing_time, TimeDomain::kProcessingTime, out, most) &&
           fire_events(out, most);
  }

  bool fire_events(Outputs& out, std::size_t most = FiringTurn::kWithoutEnd) {
    if (!fire(moment().event_timers, moment().watermark.time(), TimeDomain::kEventTime, out, most)) return false;
    moment().event_time = moment().watermark.time();
    return true;
  }

  bool fire(state::Timers<K>& timers, Timestamp now, TimeDomain domain, Outputs& out, std::size_t most) {
    for (auto first = timers.first(); first && *first <= now; first = timers.first()) {
      if (out.full() || most-- == 0) return false;
      Timestamp time;
      if (timers.take_due(now, due_key_, time)) call_timer(time, domain, out);
    }
    return true;
  }

  void call_timer(Timestamp time, TimeDomain domain, Outputs& out) {
    if constexpr (HasOnTimer<F>) {
      moment().key.set(hash_key(due_key_), due_key_);
      moment().timestamp = time;
      moment().domain = domain;
      if (domain == TimeDomain::kEventTime) moment().event_time = std::max(moment().event_time, time);
      Out<R> results(out.port<R>(), time);
      try {
        this->function().on_timer(time, context_, results);
      } catch (const std::exception& error) {
        rethrow_at_timer(error, time, describe_record(due_key_));
      }
    }
  }

  Context context_{moment()};
  K due_key_{};
  FiringTurn turn_;
  state::KeyedState* keyed_ = nullptr;  ///< null: state is lost with the operator
  bool asked_ahead_ = false;            ///< what the batch at hand needs is read or on its way
  bool drain_ = false;
};

}  // namespace weir::detail
