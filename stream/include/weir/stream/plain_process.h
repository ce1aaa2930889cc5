#pragma once

#include <memory>
#include <utility>

#include "weir/stream/operators/plain_functions.h"
#include "weir/stream/stream.h"

namespace weir {

template <class T>
template <class F>
auto Stream<T>::process(F function) const {
  constexpr bool processes = detail::is_plain_function<F, T>();
  static_assert(processes,
                "process of a stream without keys needs a struct with: void process_element(const Record& record, "
                "weir::FunctionContext& context, weir::Out<Result>& out); for state and timers of keys write key_by() "
                "before it");
  constexpr bool fits =
      processes && !detail::HasOnTimer<F> && detail::life_calls_fit<F, FunctionOpening, detail::ProcessResult<F>>();
  static_assert(fits || !processes,
                "what a function may have besides process_element is: void open(weir::FunctionOpening& opening); void "
                "restored(); void snapshot_state(); void close(weir::Out<Result>& out); timers need a key");
  if constexpr (fits) {
    const Stream<detail::ProcessResult<F>> processed = add<detail::ProcessResult<F>>(
        "Process", [function] { return std::make_unique<detail::PlainFunctionOperator<T, F>>(function); });
    builder_->graph.node(processed.inputs_.front().from).stateful = true;
    return processed;
  }
}

}  // namespace weir
