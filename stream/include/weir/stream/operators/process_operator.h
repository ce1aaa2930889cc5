#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include "weir/core/key_codec.h"
#include "weir/core/operator.h"
#include "weir/stream/callable.h"
#include "weir/stream/operators/timed_function.h"
#include "weir/stream/process.h"

namespace weir::detail {

template <class F>
concept HasProcessElement = requires { &F::process_element; };

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

/// Runs a user's process function: record by record, and timer by timer in the order of their times.
template <class T, class KeyFn, class F>
class ProcessOperator final : public TimedFunction<StoredKey<KeyOf<KeyFn, T>>, ProcessResult<F>, F> {
  using K = StoredKey<KeyOf<KeyFn, T>>;
  using R = ProcessResult<F>;

 public:
  ProcessOperator(KeyFn key, F function) : TimedFunction<K, R, F>(std::move(function)), key_(std::move(key)) {}

  Progress process(InputIndex, BatchPtr& batch, std::size_t from, Outputs& out) override {
    return this->for_each_keyed(key_, static_cast<Batch<T>&>(*batch), from, out,
                                [this](const T& record, Out<R>& results) {
                                  this->function().process_element(record, this->context(), results);
                                });
  }

 private:
  KeyFn key_;
};

}  // namespace weir::detail
