#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include "weir/core/operator.h"
#include "weir/stream/callable.h"
#include "weir/stream/operators/timed_function.h"
#include "weir/stream/operators/two_inputs.h"
#include "weir/stream/process.h"

namespace weir::detail {

template <class F>
concept HasProcessElements = requires {
  &F::process_element1;
  &F::process_element2;
};

template <class F>
constexpr auto co_process_result() {
  if constexpr (HasProcessElements<F>) {
    return std::type_identity<OutType<decltype(&F::process_element1), 2>>{};
  } else {
    return std::type_identity<void>{};
  }
}

/// What a co-process function emits; void for what is none.
template <class F>
using CoProcessResult = typename decltype(co_process_result<F>())::type;

/// process_element1(const A&, ProcessContext<K>&, Out<R>&) and process_element2(const B&, ProcessContext<K>&, Out<R>&).
template <class F, class A, class B, class K>
constexpr bool is_co_process_function() {
  using R = CoProcessResult<F>;
  if constexpr (std::is_void_v<R>) {
    return false;
  } else {
    return requires(F& f, const A& first, const B& second, ProcessContext<K>& context, Out<R>& out) {
      f.process_element1(first, context, out);
      f.process_element2(second, context, out);
    };
  }
}

/// Runs a user's co-process function: the records of two inputs, with the state and the timers of their common keys.
template <class K, class A, class KeyOfA, class B, class KeyOfB, class F>
class CoProcessOperator final : public TimedFunction<K, CoProcessResult<F>, F> {
  using R = CoProcessResult<F>;

 public:
  CoProcessOperator(KeyOfA key_of_first, KeyOfB key_of_second, F function)
      : TimedFunction<K, R, F>(std::move(function)),
        key_of_first_(std::move(key_of_first)),
        key_of_second_(std::move(key_of_second)) {}

  Progress process(InputIndex input, BatchPtr& batch, std::size_t from, Outputs& out) override {
    if (input == kFirstInput)
      return this->for_each_keyed(key_of_first_, static_cast<Batch<A>&>(*batch), from, out,
                                  [this](const A& record, Out<R>& results) {
                                    this->function().process_element1(record, this->context(), results);
                                  });
    return this->for_each_keyed(key_of_second_, static_cast<Batch<B>&>(*batch), from, out,
                                [this](const B& record, Out<R>& results) {
                                  this->function().process_element2(record, this->context(), results);
                                });
  }

 private:
  KeyOfA key_of_first_;
  KeyOfB key_of_second_;
};

}  // namespace weir::detail
