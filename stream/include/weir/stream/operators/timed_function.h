#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weir/core/hash.h"
#include "weir/core/operator.h"
#include "weir/stream/operators/records.h"
#include "weir/stream/process.h"

namespace weir::detail {

template <class F>
concept HasOnTimer = requires { &F::on_timer; };
template <class F>
concept HasOpen = requires { &F::open; };
template <class F>
concept HasClose = requires { &F::close; };

/// What a function that emits R may have besides its calls for records: open(ProcessOpening<K>&),
/// on_timer(Timestamp, ProcessContext<K>&, Out<R>&), close(Out<R>&).
template <class F, class K, class R>
constexpr bool other_calls_fit() {
  if constexpr (HasOpen<F>) {
    if (!requires(F& f, ProcessOpening<K>& opening) { f.open(opening); }) return false;
  }
  if constexpr (HasOnTimer<F>) {
    if (!requires(F& f, Timestamp time, ProcessContext<K>& context, Out<R>& out) { f.on_timer(time, context, out); })
      return false;
  }
  if constexpr (HasClose<F>) {
    if (!requires(F& f, Out<R>& out) { f.close(out); }) return false;
  }
  return true;
}

/// What a process operator knows of time. Watermark and clock never go back, across failures neither.
struct ProcessTime {
  Watermark watermark;
  Timestamp clock = Timestamp::min();
};

void save_process_time(const ProcessTime& time, SavedValues& values);
ProcessTime restore_process_time(const SavedValues& values);
/// Of all subtasks: the latest. Timers that this makes due fire at the next occasion.
ProcessTime restore_process_time(const std::vector<SavedValues>& before);

/// Throws an error that names the timer at which user code threw; as rethrow_at_record().
[[noreturn]] void rethrow_at_timer(const std::exception& error, Timestamp time, const std::string& key);

/// What operators have in common that run a user's function F with state and timers for each key: everything but the
/// calls for records, which the operator behind it makes through for_each_keyed().
///
/// Event timers fire before their watermark is forwarded; those for a time that has passed already, behind the record
/// or timer that set them. Processing timers fire when the clock reaches them, before records that come then. When the
/// output is full, firing goes on where it was. Every timer is kept until its call, so that a failure loses none.
template <class K, class R, class F>
class TimedFunction : public Operator {
 public:
  explicit TimedFunction(F function) : function_(std::move(function)) { moment_.calls_timers = HasOnTimer<F>; }

  void open(const OperatorContext& context) override {
    host_ = context.host;
    drain_ = context.drain;
    if (context.state != nullptr) {
      moment_.event_timers.open(*context.state, "timers: event time");
      moment_.processing_timers.open(*context.state, "timers: processing time");
    }
    if constexpr (HasOpen<F>) {
      ProcessOpening<K> opening(moment_.key, context.state, context);
      function_.open(opening);
    }
  }

  Stop on_watermark(Watermark watermark, Outputs& out) override {
    moment_.watermark = std::max(moment_.watermark, watermark);
    return fire_events(out) ? Stop::kDone : Stop::kOutputFull;
  }

  Stop on_time(Outputs& out) override { return fire_all_due(out) ? Stop::kDone : Stop::kOutputFull; }

  Deadline next_deadline() const override {
    Deadline deadline;
    if (const auto first = moment_.processing_timers.first()) deadline.wall = *first;
    return deadline;
  }

  Stop on_end(Outputs& out) override {
    moment_.draining = true;
    if (drain_ && !fire(moment_.processing_timers, Timestamp::max(), TimeDomain::kProcessingTime, out))
      return Stop::kOutputFull;
    if constexpr (HasClose<F>) {
      if (!closed_) {
        closed_ = true;
        Out<R> results(out.port<R>(), moment_.timestamp);
        function_.close(results);
      }
    }
    return Stop::kDone;
  }

  void save(SavedValues& values) const override {
    save_process_time({moment_.watermark, moment_.processing_time}, values);
  }
  void restore(const SavedValues& values) override { set(restore_process_time(values)); }
  bool restore_rescaled(const std::vector<SavedValues>& before) override {
    set(restore_process_time(before));
    return true;
  }

 protected:
  /// Calls call(record, out) for each record from `from` on, with its key and time at hand, and fires what is due.
  template <class T, class KeyFn, class Call>
  Progress for_each_keyed(const KeyFn& key_of, Batch<T>& records, std::size_t from, Outputs& out, Call&& call) {
    if (!fire_all_due(out)) return {from, Stop::kOutputFull};
    const Progress progress = for_each_record(records, from, out, [&](std::size_t i) {
      decltype(auto) key = std::invoke(key_of, std::as_const(records[i]));
      moment_.key.set(records.hashes()[i], key);
      moment_.timestamp = records.timestamps()[i];
      Out<R> results(out.port<R>(), moment_.timestamp);
      call(std::as_const(records[i]), results);
      fire_events(out);
    });
    const bool done = progress.stop == Stop::kDone && fire_events(out);
    return {progress.next, done ? Stop::kDone : Stop::kOutputFull};
  }

  F& function() { return function_; }
  ProcessContext<K>& context() { return context_; }

 private:
  void set(const ProcessTime& time) {
    moment_.watermark = time.watermark;
    moment_.processing_time = time.clock;
  }

  /// False: the output is full, and more is due.
  bool fire_all_due(Outputs& out) {
    moment_.processing_time = std::max(moment_.processing_time, host_->wall_now());
    return fire(moment_.processing_timers, moment_.processing_time, TimeDomain::kProcessingTime, out) &&
           fire_events(out);
  }

  bool fire_events(Outputs& out) {
    return fire(moment_.event_timers, moment_.watermark.time(), TimeDomain::kEventTime, out);
  }

  bool fire(state::Timers<K>& timers, Timestamp now, TimeDomain domain, Outputs& out) {
    for (auto first = timers.first(); first && *first <= now; first = timers.first()) {
      if (out.full()) return false;
      Timestamp time;
      if (timers.take_due(now, due_key_, time)) call_timer(time, domain, out);
    }
    return true;
  }

  void call_timer(Timestamp time, TimeDomain domain, Outputs& out) {
    if constexpr (HasOnTimer<F>) {
      moment_.key.set(hash_key(due_key_), due_key_);
      moment_.timestamp = time;
      moment_.domain = domain;
      Out<R> results(out.port<R>(), time);
      try {
        function_.on_timer(time, context_, results);
      } catch (const std::exception& error) {
        rethrow_at_timer(error, time, describe_record(due_key_));
      }
    }
  }

  F function_;
  ProcessMoment<K> moment_;
  ProcessContext<K> context_{moment_};
  K due_key_{};
  Host* host_ = nullptr;
  bool drain_ = false;
  bool closed_ = false;
};

}  // namespace weir::detail
