#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/core/host.h"
#include "weir/core/operator.h"
#include "weir/core/restores_from_all.h"
#include "weir/core/snapshot.h"
#include "weir/core/subtask_values.h"
#include "weir/stream/function.h"
#include "weir/stream/operators/records.h"
#include "weir/stream/subtask_state.h"

namespace weir::detail {

template <class F>
concept HasOpen = requires { &F::open; };
template <class F>
concept HasRestored = requires { &F::restored; };
template <class F>
concept HasSnapshotState = requires { &F::snapshot_state; };
template <class F>
concept HasOnTimer = requires { &F::on_timer; };
template <class F>
concept HasClose = requires { &F::close; };

/// What any function that emits R may have besides its calls for records: open(Opening&), restored(), snapshot_state(),
/// close(Out<R>&).
template <class F, class Opening, class R>
constexpr bool life_calls_fit() {
  if constexpr (HasOpen<F>) {
    if (!requires(F& f, Opening& opening) { f.open(opening); }) return false;
  }
  if constexpr (HasRestored<F>) {
    if (!requires(F& f) { f.restored(); }) return false;
  }
  if constexpr (HasSnapshotState<F>) {
    if (!requires(F& f) { f.snapshot_state(); }) return false;
  }
  if constexpr (HasClose<F>) {
    if (!requires(F& f, Out<R>& out) { f.close(out); }) return false;
  }
  return true;
}

/// What an operator that runs a function knows of time. Watermark and clock never go back, across failures neither.
struct ProcessTime {
  Watermark watermark;
  Timestamp clock = Timestamp::min();
};

void save_process_time(const ProcessTime& time, SavedValues& values);
ProcessTime restore_process_time(const SavedValues& values);
/// Of all subtasks: the latest. Timers that this makes due fire at the next occasion.
ProcessTime restore_process_time(const std::vector<SavedValues>& before);

/// What all operators have in common that run a user's function F: its life from open() to close(), its list states and
/// broadcast states, and the time that it knows. Records are for the operator behind it.
template <class R, class F, class Moment = FunctionMoment>
class FunctionOperator : public Operator, public RestoresFromAll, public DeclaresValues {
 public:
  explicit FunctionOperator(F function) : function_(std::move(function)) {}

  void open(const OperatorContext& context) override {
    host_ = context.host;
    name_ = context.name;
    place_ = {context.subtask.value(), context.parallelism};
    if constexpr (std::is_same_v<Moment, FunctionMoment> && HasOpen<F>) {
      FunctionOpening opening(states_, context);
      function_.open(opening);
    }
  }

  Stop on_watermark(Watermark watermark, Outputs&) override {
    note_watermark(watermark);
    return Stop::kDone;
  }

  Stop on_end(Outputs& out) override {
    close(out);
    return Stop::kDone;
  }

  Stop on_barrier(CheckpointId, Outputs&) override {
    if constexpr (HasSnapshotState<F>) function_.snapshot_state();
    return Stop::kDone;
  }

  void save(SavedValues& values) const override {
    save_process_time({moment_.watermark, moment_.processing_time}, values);
    states_.save(values);
  }
  void restore(const SavedValues& values) override {
    set(restore_process_time(values));
    restore_states({values}, {0, 1});
  }
  bool restore_rescaled(const std::vector<SavedValues>& before) override {
    set(restore_process_time(before));
    restore_states(before, place_);
    return true;
  }
  bool restores_from_all() const override { return states_.needs_all(); }
  std::vector<DeclaredValue> declared_values() const override { return states_.declared(); }

 protected:
  /// Gives the function broadcast states; in the constructor of the operator behind this.
  void keep(const BroadcastStates& broadcast) {
    moment_.broadcast = &broadcast;
    broadcast.add_to(states_);
  }

  /// Calls call(record, out) for each record from `from` on, with its time at hand.
  template <class T, class Call>
  Progress for_each(Batch<T>& records, std::size_t from, Outputs& out, Call&& call) {
    note_clock();
    return for_each_record(records, from, out, [&](std::size_t i) {
      moment_.timestamp = records.timestamps()[i];
      Out<R> results(out.port<R>(), moment_.timestamp);
      call(std::as_const(records[i]), results);
    });
  }

  void note_watermark(Watermark watermark) { moment_.watermark = std::max(moment_.watermark, watermark); }
  void note_clock() { moment_.processing_time = std::max(moment_.processing_time, host_->wall_now()); }

  /// Once.
  void close(Outputs& out) {
    if constexpr (HasClose<F>) {
      if (std::exchange(closed_, true)) return;
      Out<R> results(out.port<R>(), moment_.timestamp);
      function_.close(results);
    }
  }

  F& function() { return function_; }
  Moment& moment() { return moment_; }
  const Moment& moment() const { return moment_; }
  SubtaskStates& states() { return states_; }

 private:
  void set(const ProcessTime& time) {
    moment_.watermark = time.watermark;
    moment_.processing_time = time.clock;
  }

  void restore_states(const std::vector<SavedValues>& before, SubtaskPlace now) {
    states_.restore(before, now, name_);
    if constexpr (HasRestored<F>) function_.restored();
  }

  F function_;
  Moment moment_;
  SubtaskStates states_;
  Host* host_ = nullptr;
  std::string name_;
  SubtaskPlace place_;
  bool closed_ = false;
};

}  // namespace weir::detail
