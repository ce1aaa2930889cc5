#pragma once

#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "weir/core/time.h"
#include "weir/stream/evictors.h"
#include "weir/stream/windows.h"

// What a window keeps of its records: State; how one is added, how two become one, and what the window function gets:
// fire(contents, window, context, emit) calls emit(accumulator), or does not.

namespace weir::detail {

/// An accumulator.
template <class T, class Agg>
struct AggregateContents {
  using State = typename Agg::Accumulator;

  Agg aggregate;

  void add(std::optional<State>& contents, const T& record, Timestamp) const {
    if (contents) {
      aggregate.add(*contents, record);
    } else {
      aggregate.start(contents.emplace(), record);
    }
  }
  void merge(State& into, State&& from) const { aggregate.merge(into, from); }

  template <class F>
  void fire(std::optional<State>& contents, const Window&, const EvictorContext&, F&& emit) const {
    emit(std::as_const(*contents));
  }
};

/// The records themselves, from which an evictor takes; what is left is aggregated when the window fires.
template <class T, class Agg, class Evictor>
struct EvictedContents {
  using State = std::vector<Timestamped<T>>;

  Agg aggregate;
  Evictor evictor;

  void add(std::optional<State>& contents, const T& record, Timestamp time) const {
    if (!contents) contents.emplace();
    contents->push_back({time, record});
  }
  void merge(State& into, State&& from) const {
    into.insert(into.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  }

  template <class F>
  void fire(std::optional<State>& contents, const Window& window, const EvictorContext& context, F&& emit) const {
    if constexpr (EvictsBefore<Evictor, T>) evictor.evict_before(*contents, window, context);
    if (!contents->empty()) {
      typename Agg::Accumulator accumulator{};
      aggregate.start(accumulator, contents->front().value);
      for (auto element = std::next(contents->begin()); element != contents->end(); ++element)
        aggregate.add(accumulator, element->value);
      emit(std::as_const(accumulator));
      if constexpr (EvictsAfter<Evictor, T>) evictor.evict_after(*contents, window, context);
    }
    if (contents->empty()) contents.reset();
  }
};

}  // namespace weir::detail
