#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/core/operator.h"
#include "weir/core/time.h"
#include "weir/stream/callable.h"
#include "weir/stream/operators/timed_function.h"
#include "weir/stream/operators/two_inputs.h"
#include "weir/stream/process.h"

namespace weir::detail {

/// f(const A&, const B&, Out<R>&).
template <class F, class A, class B>
constexpr bool is_join_function() {
  using R = OutType<F, 2>;
  if constexpr (std::is_void_v<R>) {
    return false;
  } else {
    return std::is_invocable_v<F&, const A&, const B&, Out<R>&>;
  }
}

/// How far the right record's time may be from the left one's: lower <= right - left <= upper.
struct JoinInterval {
  Duration lower{0};
  Duration upper{0};
};

/// Joins records of two inputs by their keys and times.
///
/// Both sides keep their records, by time, until the watermark says that nothing can meet them any more: the left
/// ones of time t until t + upper, the right ones until t - lower, but at least until t. Whichever of two records that
/// match comes last finds the other.
template <class K, class A, class B, class R, class F>
class IntervalJoinFunction {
 public:
  IntervalJoinFunction(JoinInterval interval, F function) : interval_(interval), function_(std::move(function)) {}

  void open(ProcessOpening<K>& opening) {
    opening.keep(left_);
    opening.keep(right_);
  }

  /// Requires: the context is that of `left`, which is not late.
  void join_left(const A& left, ProcessContext<K>& context, Output<R>& out) {
    const Timestamp time = context.timestamp();
    context.set_event_timer(time + left_stays());
    right_->for_each_between(time + interval_.lower, time + interval_.upper,
                             [&](Timestamp other, const std::vector<B>& rights) {
                               Out<R> results(out, std::max(time, other));
                               for (const B& right : rights) function_(left, right, results);
                             });
    left_->update(time).push_back(left);
  }

  void join_right(const B& right, ProcessContext<K>& context, Output<R>& out) {
    const Timestamp time = context.timestamp();
    context.set_event_timer(time + right_stays());
    left_->for_each_between(time - interval_.upper, time - interval_.lower,
                            [&](Timestamp other, const std::vector<A>& lefts) {
                              Out<R> results(out, std::max(time, other));
                              for (const A& left : lefts) function_(left, right, results);
                            });
    right_->update(time).push_back(right);
  }

  void on_timer(Timestamp time, ProcessContext<K>&, Out<R>&) {
    left_->erase(time - left_stays());
    right_->erase(time - right_stays());
  }

 private:
  Duration left_stays() const { return std::max(interval_.upper, Duration{0}); }
  Duration right_stays() const { return std::max(-interval_.lower, Duration{0}); }

  JoinInterval interval_;
  F function_;
  MapState<K, Timestamp, std::vector<A>> left_{"left"};
  MapState<K, Timestamp, std::vector<B>> right_{"right"};
};

/// Runs it. Records that are late go to ports 1 (left) and 2 (right), and meet nothing.
template <class K, class A, class KeyOfA, class B, class KeyOfB, class R, class F>
class IntervalJoinOperator final : public TimedFunction<K, R, IntervalJoinFunction<K, A, B, R, F>> {
  using Function = IntervalJoinFunction<K, A, B, R, F>;
  using Base = TimedFunction<K, R, Function>;

 public:
  IntervalJoinOperator(KeyOfA key_of_left, KeyOfB key_of_right, JoinInterval interval, F function)
      : Base(Function(interval, std::move(function))),
        key_of_left_(std::move(key_of_left)),
        key_of_right_(std::move(key_of_right)) {}

  void open(const OperatorContext& context) override {
    metrics_ = context.metrics;
    Base::open(context);
  }

  Progress process(InputIndex input, BatchPtr& batch, std::size_t from, Outputs& out) override {
    Output<R>& joined = out.port<R>();
    if (input == kFirstInput)
      return this->for_each_keyed(key_of_left_, static_cast<Batch<A>&>(*batch), from, out, [&](const A& left, Out<R>&) {
        if (passes(left, 1, out)) this->function().join_left(left, this->context(), joined);
      });
    return this->for_each_keyed(key_of_right_, static_cast<Batch<B>&>(*batch), from, out, [&](const B& right, Out<R>&) {
      if (passes(right, 2, out)) this->function().join_right(right, this->context(), joined);
    });
  }

 private:
  /// False: the record is late, and goes to a port of its own.
  template <class T>
  bool passes(const T& record, std::size_t late_port, Outputs& out) {
    const Timestamp time = this->moment().timestamp;
    if (time > this->moment().watermark.time()) return true;
    add_to(metrics_->late, 1);
    out.port<T>(late_port).emit(record, time);
    return false;
  }

  KeyOfA key_of_left_;
  KeyOfB key_of_right_;
  OperatorMetrics* metrics_ = nullptr;
};

}  // namespace weir::detail
