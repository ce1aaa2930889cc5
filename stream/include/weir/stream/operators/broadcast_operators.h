#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/core/operator.h"
#include "weir/stream/broadcast_state.h"
#include "weir/stream/callable.h"
#include "weir/stream/function.h"
#include "weir/stream/operators/function_operator.h"
#include "weir/stream/operators/process_operator.h"
#include "weir/stream/operators/timed_function.h"
#include "weir/stream/operators/two_inputs.h"
#include "weir/stream/process.h"

namespace weir::detail {

/// process_element(const A&, Context&, Out<R>&) and process_broadcast_element(const B&, BroadcastContext&, Out<R>&).
template <class F, class A, class B, class Context>
constexpr bool is_broadcast_function() {
  using R = ProcessResult<F>;
  if constexpr (std::is_void_v<R>) {
    return false;
  } else {
    return requires(F& f, const A& record, const B& broadcast, Context& context, BroadcastContext& writable,
                    Out<R>& out) {
      f.process_element(record, context, out);
      f.process_broadcast_element(broadcast, writable, out);
    };
  }
}

/// Runs a user's function over records of one input and a broadcast one, whose records every subtask gets.
template <class A, class B, class F>
class BroadcastOperator final : public FunctionOperator<ProcessResult<F>, F> {
  using R = ProcessResult<F>;

 public:
  BroadcastOperator(F function, const std::vector<MakeBroadcastState>& states)
      : FunctionOperator<R, F>(std::move(function)), broadcast_(states) {
    this->keep(broadcast_);
  }

  Progress process(InputIndex input, BatchPtr& batch, std::size_t from, Outputs& out) override {
    if (input == kFirstInput)
      return this->for_each(static_cast<Batch<A>&>(*batch), from, out, [this](const A& record, Out<R>& results) {
        this->function().process_element(record, context_, results);
      });
    return this->for_each(static_cast<Batch<B>&>(*batch), from, out, [this](const B& record, Out<R>& results) {
      this->function().process_broadcast_element(record, writable_, results);
    });
  }

 private:
  BroadcastStates broadcast_;
  ReadOnlyContext context_{this->moment()};
  BroadcastContext writable_{this->moment()};
};

/// The same with state and timers for the keys of the first input.
template <class K, class A, class KeyOfA, class B, class F>
class KeyedBroadcastOperator final : public TimedFunction<K, ProcessResult<F>, F, KeyedReadOnlyContext<K>> {
  using R = ProcessResult<F>;

 public:
  KeyedBroadcastOperator(KeyOfA key, F function, const std::vector<MakeBroadcastState>& states)
      : TimedFunction<K, R, F, KeyedReadOnlyContext<K>>(std::move(function)), key_(std::move(key)), broadcast_(states) {
    this->keep(broadcast_);
  }

  Progress process(InputIndex input, BatchPtr& batch, std::size_t from, Outputs& out) override {
    if (input == kFirstInput)
      return this->for_each_keyed(key_, static_cast<Batch<A>&>(*batch), from, out,
                                  [this](const A& record, Out<R>& results) {
                                    this->function().process_element(record, this->context(), results);
                                  });
    return this->for_each_without_key(static_cast<Batch<B>&>(*batch), from, out,
                                      [this](const B& record, Out<R>& results) {
                                        this->function().process_broadcast_element(record, writable_, results);
                                      });
  }

 private:
  KeyOfA key_;
  BroadcastStates broadcast_;
  BroadcastContext writable_{this->moment()};
};

}  // namespace weir::detail
