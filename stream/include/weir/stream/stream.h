#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/connectors/collect/collect.h"
#include "weir/connectors/files/files.h"
#include "weir/connectors/print/print.h"
#include "weir/core/graph.h"
#include "weir/core/print_value.h"
#include "weir/stream/callable.h"
#include "weir/stream/graph_builder.h"
#include "weir/stream/operators/timestamps.h"
#include "weir/stream/operators/transforms.h"
#include "weir/stream/parse.h"
#include "weir/stream/watermarks.h"

namespace weir {

template <class T, class KeyFn>
class KeyedStream;
template <class T>
class Stream;

/// The result of an operation with a side output.
template <class R, class S>
struct WithSide;

/// The end of a stream: names the sink, sets its parallelism.
class SinkHandle {
 public:
  SinkHandle(detail::GraphBuilder& builder, NodeId node) : builder_(&builder), node_(node) {}

  /// The identity of the sink's state, and what is shown of it.
  SinkHandle name(std::string name) const {
    GraphNode& node = builder_->graph.node(node_);
    node.name = "Sink: " + name;
    node.named = true;
    return *this;
  }
  SinkHandle parallelism(std::uint32_t parallelism) const {
    builder_->graph.node(node_).parallelism = parallelism;
    return *this;
  }

 private:
  detail::GraphBuilder* builder_;
  NodeId node_;
};

/// Records of type T on their way: a handle on a node of the graph that is being built.
///
/// Functions given to it are prototypes: copied for every subtask and attempt, so what they capture must be captured by
/// value. They are called on worker threads. Thread: that of the job function.
template <class T>
class Stream {
 public:
  using Record = T;

  Stream(detail::GraphBuilder& builder, NodeId node, std::uint32_t port, bool bounded)
      : builder_(&builder), inputs_{GraphInput{node, port, Partitioning::kForward, InputIndex(0), {}}}, bounded_(bounded) {}

  /// One record for each: f(const T&) -> R.
  template <class F>
  auto map(F function) const {
    static_assert(std::is_invocable_v<F&, const T&>,
                  "map needs a function from one record to another: [](const Record& record) { return ...; }");
    using R = std::decay_t<std::invoke_result_t<F&, const T&>>;
    static_assert(!std::is_void_v<R>, "the function given to map must return the new record; use flat_map to emit none or many");
    return add<R>("Map", [function] { return std::make_unique<detail::MapOperator<T, R, F>>(function); });
  }

  /// Keeps records for which f(const T&) is true.
  template <class F>
  Stream<T> filter(F predicate) const {
    static_assert(std::is_invocable_r_v<bool, F&, const T&>,
                  "filter needs a function that returns bool: [](const Record& record) { return record.price > 0; }");
    return add<T>("Filter", [predicate] { return std::make_unique<detail::FilterOperator<T, F>>(predicate); });
  }

  /// Any number of records for each: f(const T&, Out<R>&). With a second output, f(const T&, Out<R>&, Out<S>&), the
  /// result is {main, side}.
  template <class F>
  auto flat_map(F function) const {
    using R = detail::OutType<F, 1>;
    using S = detail::OutType<F, 2>;
    static_assert(!std::is_void_v<R>,
                  "flat_map needs a function that names what it emits: [](const Record& record, weir::Out<Result>& out) { out.emit(...); }");
    const auto make = [function] { return std::make_unique<detail::FlatMapOperator<T, R, S, F>>(function); };
    if constexpr (std::is_void_v<S>) {
      static_assert(std::is_invocable_v<F&, const T&, Out<R>&>,
                    "the first parameter of the function given to flat_map must take this stream's records");
      return add<R>("Flat Map", make);
    } else {
      static_assert(std::is_invocable_v<F&, const T&, Out<R>&, Out<S>&>,
                    "the first parameter of the function given to flat_map must take this stream's records");
      const NodeId node = add_node("Flat Map", make, {detail::port_of<R>(), detail::port_of<S>()});
      return WithSide<R, S>{Stream<R>(*builder_, node, 0, bounded_), Stream<S>(*builder_, node, 1, bounded_)};
    }
  }

  /// Turns lines into records: f(std::string_view) -> Parsed<R>. What is malformed ends the job, is skipped and counted, or
  /// goes to a directory of dead letters.
  template <class F>
  auto parse(F function, OnMalformed policy = OnMalformed::fail()) const;

  /// Gives every record its event time, f(const T&) -> Timestamp, and the stream its watermarks.
  template <class F>
  Stream<T> timestamps(F extract, WatermarkStrategy strategy) const {
    static_assert(std::is_invocable_r_v<Timestamp, const F&, const T&>,
                  "timestamps needs a member or function that gives a weir::Timestamp: &Record::time, or "
                  "[](const Record& record) { return weir::timestamp_ms(record.ms); }");
    if (!bounded_ && !strategy.far_future) strategy.far_future = std::chrono::days(1);
    return add<T>("Timestamps", [extract, strategy] {
      return std::make_unique<detail::TimestampsOperator<T, F>>(extract, strategy, nullptr);
    });
  }

  /// Gives the stream watermarks by the event time that its source has given the records.
  Stream<T> watermarks(WatermarkStrategy strategy) const {
    if (!bounded_ && !strategy.far_future) strategy.far_future = std::chrono::days(1);
    return add<T>("Watermarks", [strategy] {
      return std::make_unique<detail::TimestampsOperator<T, detail::TimestampsOfSource>>(detail::TimestampsOfSource{}, strategy, nullptr);
    });
  }

  /// Event time with watermarks of one's own: make() -> std::unique_ptr<WatermarkGenerator<T>>, one for each split.
  template <class F, class Make>
    requires std::is_invocable_r_v<std::unique_ptr<WatermarkGenerator<T>>, const Make&>
  Stream<T> timestamps(F extract, Make make, WatermarkStrategy idleness = {}) const {
    return add<T>("Timestamps", [extract, make, idleness] {
      return std::make_unique<detail::TimestampsOperator<T, F>>(extract, idleness, make);
    });
  }

  /// Groups records by key: a pointer to a member, or f(const T&) -> key.
  template <class KeyFn>
  KeyedStream<T, KeyFn> key_by(KeyFn key) const;

  /// This stream and others of its type in one.
  template <std::same_as<Stream<T>>... Others>
  Stream<T> union_with(const Others&... others) const {
    Stream<T> all = *this;
    (all.inputs_.insert(all.inputs_.end(), others.inputs_.begin(), others.inputs_.end()), ...);
    all.bounded_ = bounded_ && (others.bounded_ && ...);
    return all;
  }

  /// Spreads batches evenly over the subtasks of what follows.
  Stream<T> rebalance() const { return partitioned(Partitioning::kRebalance); }

  /// Gives every record to every subtask of what follows.
  Stream<T> broadcast() const { return partitioned(Partitioning::kBroadcast); }

  /// Prints records, a line each, to standard output; with a name each line begins with it.
  SinkHandle print(std::string name = "") const {
    static_assert(Printable<T>, "Weir cannot print this record: write WEIR_FIELDS(Record, field, ...) after the struct, or map to a std::string");
    connectors::PrintOptions options;
    options.name = std::move(name);
    return sink_to(connectors::print<T>(std::move(options)), "Print");
  }

  /// Writes records to files of a directory, a line each; they appear complete, when the job has ended.
  SinkHandle write_files(connectors::FilesOptions options) const {
    static_assert(Printable<T>, "Weir cannot write this record as a line: write WEIR_FIELDS(Record, field, ...) after the struct, or give a format function");
    return write_files(std::move(options), connectors::PrintedFormat{});
  }
  /// format(const T&, std::string& line) appends the line without its end.
  template <class Format>
  SinkHandle write_files(connectors::FilesOptions options, Format format) const {
    if (!bounded_) options.deliver_when_rolled = true;
    return sink_to(connectors::files<T>(std::move(options), std::move(format)), "Files");
  }

  /// Keeps records in memory: for tests.
  SinkHandle collect(std::shared_ptr<connectors::Collected<T>> into) const {
    return sink_to(connectors::collect<T>(std::move(into)), "Collect");
  }

  SinkHandle sink_to(std::shared_ptr<const Sink> sink, std::string name) const {
    GraphNode node;
    node.name = "Sink: " + name;
    node.inputs = inputs_;
    node.sink = std::move(sink);
    return SinkHandle(*builder_, builder_->graph.add(std::move(node)));
  }

  /// The operator's name: what is shown, and the identity of its state.
  Stream<T> name(std::string name) const {
    GraphNode& node = builder_->graph.node(inputs_.front().from);
    node.name = node.source ? "Source: " + name : std::move(name);
    node.named = true;
    return *this;
  }

  /// How many subtasks the operator has.
  Stream<T> parallelism(std::uint32_t parallelism) const {
    builder_->graph.node(inputs_.front().from).parallelism = parallelism;
    return *this;
  }

  bool bounded() const { return bounded_; }

 private:
  template <class>
  friend class Stream;
  template <class, class>
  friend class KeyedStream;
  template <class, class>
  friend class WindowedStream;

  Stream<T> partitioned(Partitioning partitioning) const {
    Stream<T> copy = *this;
    for (GraphInput& input : copy.inputs_) input.partitioning = partitioning;
    return copy;
  }

  template <class Make>
  NodeId add_node(std::string name, Make make, std::vector<GraphPort> ports) const {
    return builder_->graph.add(detail::operator_node(std::move(name), inputs_, std::move(ports), std::move(make)));
  }

  template <class R, class Make>
  Stream<R> add(std::string name, Make make) const {
    return Stream<R>(*builder_, add_node(std::move(name), std::move(make), {detail::port_of<R>()}), 0, bounded_);
  }

  detail::GraphBuilder* builder_;
  std::vector<GraphInput> inputs_;
  bool bounded_;
};

template <class R, class S>
struct WithSide {
  Stream<R> main;
  Stream<S> side;
};

}  // namespace weir

#include "weir/stream/keyed_stream.h"
#include "weir/stream/parse_stream.h"
