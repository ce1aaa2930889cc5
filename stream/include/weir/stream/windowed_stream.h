#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "weir/stream/evictors.h"
#include "weir/stream/key_edges.h"
#include "weir/stream/keyed_stream.h"
#include "weir/stream/operators/pre_aggregate.h"
#include "weir/stream/operators/window_assigners.h"
#include "weir/stream/operators/window_operator.h"
#include "weir/stream/stream.h"
#include "weir/stream/triggers.h"
#include "weir/stream/window_aggregations.h"
#include "weir/stream/window_results.h"

namespace weir {

template <class T, class KeyFn, class Assigner, class Trigger, class Evictor>
class TriggeredStream;

/// Records grouped by key and window, for one aggregation.
template <class T, class KeyFn>
class WindowedStream : public WindowAggregations<WindowedStream<T, KeyFn>, T, typename KeyedStream<T, KeyFn>::Key> {
 public:
  using Key = typename KeyedStream<T, KeyFn>::Key;

  WindowedStream(Stream<T> stream, KeyFn key, WindowLayout layout)
      : stream_(std::move(stream)), key_(std::move(key)), layout_(layout) {}

  /// Windows stay this long after the watermark has passed their end; a record that comes in that time fires them
  /// again. Errors: UserError for a negative lateness, or any in processing time.
  WindowedStream allowed_lateness(Duration lateness) const {
    layout_.check_lateness(lateness);
    WindowedStream copy = *this;
    copy.lateness_ = lateness;
    return copy;
  }

  /// Says when windows fire, see triggers.h; otherwise they do when time passes their ends. Each window then has an
  /// accumulator of its own, without slices. Errors: UserError for a trigger that goes by another time than the
  /// windows.
  template <class Trigger>
  auto trigger(Trigger trigger) const {
    return general().trigger(std::move(trigger));
  }

  /// Takes elements out of a window that fires, see evictors.h. Keeps all records in state.
  template <class Evictor>
  auto evictor(Evictor evictor) const {
    return general().evictor(std::move(evictor));
  }

 private:
  template <class, class, class>
  friend class WindowAggregations;

  auto general() const {
    using Assigner = detail::AlignedWindows;
    TriggeredStream<T, KeyFn, Assigner, detail::EndOfWindowTrigger, detail::NoEvictor> all(
        stream_, key_, Assigner(layout_), detail::EndOfWindowTrigger{layout_.event_time()}, {});
    return lateness_ == Duration{0} ? all : all.allowed_lateness(lateness_);
  }

  template <class Agg, class Finish>
  auto add_nodes(const char* name, Agg aggregate, Finish finish) const;

  Stream<T> stream_;
  KeyFn key_;
  WindowLayout layout_;
  Duration lateness_{0};
};

template <class T, class KeyFn>
template <class Agg, class Finish>
auto WindowedStream<T, KeyFn>::add_nodes(const char* name, Agg aggregate, Finish finish) const {
  using R = typename Finish::Result;
  using Aggregation = detail::WindowedAggregation<T, KeyFn, Agg, Finish, R>;
  using PartialRecord = typename Aggregation::PartialRecord;
  const Aggregation spec{layout_, lateness_, key_, std::move(aggregate), std::move(finish)};
  detail::GraphBuilder& builder = *stream_.builder_;

  std::vector<GraphInput> inputs;
  std::optional<NodeId> pre_aggregate;
  if (Agg::kCombines && layout_.event_time() && builder.pre_aggregate) {
    GraphNode before = detail::operator_node(
        "Pre-Aggregate", stream_.inputs_, {detail::port_of<PartialRecord>(), detail::port_of<T>()},
        [spec] { return std::make_unique<detail::PreAggregate<Aggregation>>(spec); });
    before.follows_input = true;
    const NodeId node = builder.graph.add(std::move(before));
    pre_aggregate = node;
    inputs.push_back({node, 0, Partitioning::kHash, InputIndex(1), {}});
    inputs.push_back({node, 1, Partitioning::kHash, InputIndex(0), {}});
  } else {
    inputs = detail::by_key<T>(stream_.inputs_, key_);
  }
  GraphNode windows = detail::operator_node(fmt::format("{} in {}", name, layout_.describe()), std::move(inputs),
                                            {detail::port_of<R>(), detail::port_of<T>()}, [spec] {
                                              return std::make_unique<detail::WindowOperator<Aggregation>>(spec);
                                            });
  windows.stateful = true;
  windows.keyed = true;
  const NodeId node = builder.graph.add(std::move(windows));
  if (pre_aggregate) builder.lent_names.emplace_back(*pre_aggregate, node);
  return WindowResults<R, T>(Stream<R>(builder, node, 0, stream_.bounded_),
                             Stream<T>(builder, node, 1, stream_.bounded_));
}

}  // namespace weir

#include "weir/stream/triggered_stream.h"
