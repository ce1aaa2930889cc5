#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include "weir/core/operator.h"
#include "weir/stream/function.h"
#include "weir/stream/operators/co_process_operator.h"
#include "weir/stream/operators/function_operator.h"
#include "weir/stream/operators/process_operator.h"
#include "weir/stream/operators/two_inputs.h"

// Functions without keys.

namespace weir::detail {

/// process_element(const T&, FunctionContext&, Out<R>&).
template <class F, class T>
constexpr bool is_plain_function() {
  using R = ProcessResult<F>;
  if constexpr (std::is_void_v<R>) {
    return false;
  } else {
    return requires(F& f, const T& record, FunctionContext& context, Out<R>& out) {
      f.process_element(record, context, out);
    };
  }
}

/// process_element1(const A&, FunctionContext&, Out<R>&) and process_element2(const B&, FunctionContext&, Out<R>&).
template <class F, class A, class B>
constexpr bool is_plain_co_function() {
  using R = CoProcessResult<F>;
  if constexpr (std::is_void_v<R>) {
    return false;
  } else {
    return requires(F& f, const A& first, const B& second, FunctionContext& context, Out<R>& out) {
      f.process_element1(first, context, out);
      f.process_element2(second, context, out);
    };
  }
}

/// Runs a user's function, record by record.
template <class T, class F>
class PlainFunctionOperator final : public FunctionOperator<ProcessResult<F>, F> {
  using R = ProcessResult<F>;

 public:
  using FunctionOperator<R, F>::FunctionOperator;

  Progress process(InputIndex, BatchPtr& batch, std::size_t from, Outputs& out) override {
    return this->for_each(static_cast<Batch<T>&>(*batch), from, out, [this](const T& record, Out<R>& results) {
      this->function().process_element(record, context_, results);
    });
  }

 private:
  FunctionContext context_{this->moment()};
};

/// Runs a user's function over the records of two inputs.
template <class A, class B, class F>
class PlainCoFunctionOperator final : public FunctionOperator<CoProcessResult<F>, F> {
  using R = CoProcessResult<F>;

 public:
  using FunctionOperator<R, F>::FunctionOperator;

  Progress process(InputIndex input, BatchPtr& batch, std::size_t from, Outputs& out) override {
    if (input == kFirstInput)
      return this->for_each(static_cast<Batch<A>&>(*batch), from, out, [this](const A& record, Out<R>& results) {
        this->function().process_element1(record, context_, results);
      });
    return this->for_each(static_cast<Batch<B>&>(*batch), from, out, [this](const B& record, Out<R>& results) {
      this->function().process_element2(record, context_, results);
    });
  }

 private:
  FunctionContext context_{this->moment()};
};

}  // namespace weir::detail
