#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "weir/core/hash.h"
#include "weir/core/key_codec.h"
#include "weir/core/operator.h"
#include "weir/stream/callable.h"
#include "weir/stream/operators/records.h"
#include "weir/stream/process.h"

namespace weir::detail {

template <class F>
concept HasProcessElement = requires { &F::process_element; };
template <class F>
concept HasOnTimer = requires { &F::on_timer; };
template <class F>
concept HasOpen = requires { &F::open; };
template <class F>
concept HasClose = requires { &F::close; };

template <class F>
constexpr auto process_result() {
  if constexpr (HasProcessElement<F>) {
    return std::type_identity<OutType<decltype(&F::process_element), 2>>{};
  } else {
    return std::type_identity<void>{};
  }
}

/// What a process function emits; void for what is none.
template <class F>
using ProcessResult = typename decltype(process_result<F>())::type;

/// process_element(const T&, ProcessContext<K>&, Out<R>&).
template <class F, class T, class K>
constexpr bool is_process_function() {
  using R = ProcessResult<F>;
  if constexpr (std::is_void_v<R>) {
    return false;
  } else {
    return requires(F& f, const T& record, ProcessContext<K>& context, Out<R>& out) {
      f.process_element(record, context, out);
    };
  }
}

/// What it has besides: open(ProcessOpening<K>&), on_timer(Timestamp, ProcessContext<K>&, Out<R>&), close(Out<R>&).
/// Requires: is_process_function().
template <class F, class K>
constexpr bool other_calls_fit() {
  using R = ProcessResult<F>;
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

/// Runs a user's process function: record by record, and timer by timer in the order of their times.
///
/// Event timers fire before their watermark is forwarded; those for a time that has passed already, behind the record
/// or timer that set them. Processing timers fire when the clock reaches them, before records that come then. When the
/// output is full, firing goes on where it was. Every timer is kept until its call, so that a failure loses none.
template <class T, class KeyFn, class F>
class ProcessOperator final : public Operator {
  using K = StoredKey<KeyOf<KeyFn, T>>;
  using R = ProcessResult<F>;

 public:
  ProcessOperator(KeyFn key, F function) : key_(std::move(key)), function_(std::move(function)) {
    moment_.calls_timers = HasOnTimer<F>;
  }

  void open(const OperatorContext& context) override {
    host_ = context.host;
    drain_ = context.drain;
    if (context.state != nullptr) {
      reads_ = context.state->reads();
      moment_.event_timers.open(*context.state, "timers: event time");
      moment_.processing_timers.open(*context.state, "timers: processing time");
    }
    if constexpr (HasOpen<F>) {
      ProcessOpening<K> opening(moment_.key, context.state, context);
      function_.open(opening);
    }
  }

  Progress process(InputIndex, BatchPtr& batch, std::size_t from, Outputs& out) override {
    auto& records = static_cast<Batch<T>&>(*batch);
    if (!fire_all_due(out)) return {from, Stop::kOutputFull};
    if (reads_ != nullptr && !read_ahead(records, from)) return {from, Stop::kBlocked};
    const Progress progress = for_each_record(records, from, out, [&](std::size_t i) {
      decltype(auto) key = std::invoke(key_, std::as_const(records[i]));
      moment_.key.set(records.hashes()[i], key);
      moment_.timestamp = records.timestamps()[i];
      Out<R> results(out.port<R>(), moment_.timestamp);
      function_.process_element(std::as_const(records[i]), context_, results);
      fire_events(out);
    });
    const bool done = progress.stop == Stop::kDone && fire_events(out);
    if (done) asked_ahead_ = false;
    return {progress.next, done ? Stop::kDone : Stop::kOutputFull};
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

 private:
  void set(const ProcessTime& time) {
    moment_.watermark = time.watermark;
    moment_.processing_time = time.clock;
  }

  /// Has the values of the batch's keys that are not in memory read together, once a batch. False: they are on their
  /// way.
  bool read_ahead(Batch<T>& records, std::size_t from) {
    if (!std::exchange(asked_ahead_, true) && moment_.key.any_cold()) {
      for (std::size_t i = from; i < records.size(); ++i) {
        decltype(auto) key = std::invoke(key_, std::as_const(records[i]));
        moment_.key.set(records.hashes()[i], key);
        moment_.key.want();
      }
      if (!reads_->fetch()) return false;
    }
    return reads_->fetched();
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

  KeyFn key_;
  F function_;
  ProcessMoment<K> moment_;
  ProcessContext<K> context_{moment_};
  K due_key_{};
  Host* host_ = nullptr;
  state::ColdReads* reads_ = nullptr;  ///< with more state than memory
  bool asked_ahead_ = false;           ///< what the batch at hand needs is read or on its way
  bool drain_ = false;
  bool closed_ = false;
};

}  // namespace weir::detail
