#pragma once

#include <chrono>
#include <concepts>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "weir/connectors/collect/collect.h"
#include "weir/connectors/files/files.h"
#include "weir/connectors/print/print.h"
#include "weir/core/error.h"
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
template <class A, class B>
class ConnectedStreams;
template <class T>
class BroadcastStream;
template <class A, class B>
class BroadcastConnectedStream;
template <class MapKey, class V>
class MapStateDescriptor;

/// The two streams of an operation with a side output: `auto [good, bad] = stream.flat_map(...)`.
template <class R, class S>
struct WithSide;

/// The end of a stream: names the sink, sets its parallelism.
class SinkHandle {
 public:
  SinkHandle(detail::GraphBuilder& builder, NodeId node) : builder_(&builder), node_(node) {}

  /// What is shown of the sink, and the identity by which checkpoints find its state.
  SinkHandle name(std::string name) const {
    GraphNode& node = builder_->graph.node(node_);
    node.name = "Sink: " + name;
    node.named = true;
    return *this;
  }
  /// How many subtasks the sink has; 1 brings all records together.
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
      : builder_(&builder),
        inputs_{GraphInput{node, port, Partitioning::kForward, InputIndex(0), {}}},
        bounded_(bounded) {}

  /// One record for each: f(const T&) -> R, or a pointer to a member.
  template <class F>
  auto map(F function) const {
    constexpr bool fits = detail::is_map<F, T>();
    static_assert(fits,
                  "map needs a function from a record to a new one: [](const Record& record) { return ...; }; to emit "
                  "none or many write flat_map");
    if constexpr (fits) {
      using R = std::decay_t<std::invoke_result_t<F&, const T&>>;
      return add<R>("Map", [function] { return std::make_unique<detail::MapOperator<T, R, F>>(function); });
    }
  }

  /// Keeps records for which f(const T&) is true.
  template <class F>
  Stream<T> filter(F predicate) const {
    constexpr bool fits = std::is_invocable_r_v<bool, F&, const T&>;
    static_assert(fits,
                  "filter needs a function that says which records stay: [](const Record& record) { return "
                  "record.price > 0; }");
    if constexpr (fits) {
      return add<T>("Filter", [predicate] { return std::make_unique<detail::FilterOperator<T, F>>(predicate); });
    } else {
      return *this;
    }
  }

  /// Any number of records for each: f(const T&, Out<R>&). With a second output, f(const T&, Out<R>&, Out<S>&), the
  /// result is {main, side}. What one call emits waits in memory until the call returns.
  template <class F>
  auto flat_map(F function) const {
    constexpr bool fits = detail::is_flat_map<F, T>();
    static_assert(fits,
                  "flat_map needs a function of this stream's record that names what it emits: [](const Record& "
                  "record, weir::Out<Result>& out) { out.emit(...); }; `auto` does not name it");
    if constexpr (fits) {
      using R = detail::OutType<F, 1>;
      using S = detail::OutType<F, 2>;
      const auto make = [function] { return std::make_unique<detail::FlatMapOperator<T, R, S, F>>(function); };
      if constexpr (std::is_void_v<S>) {
        return add<R>("Flat Map", make);
      } else {
        const NodeId node = add_node("Flat Map", make, {detail::port_of<R>(), detail::port_of<S>()});
        return WithSide<R, S>{Stream<R>(*builder_, node, 0, bounded_), Stream<S>(*builder_, node, 1, bounded_)};
      }
    }
  }

  /// Runs a function that may keep state for its subtask, whatever the keys. It is a prototype: copied for every
  /// subtask and attempt.
  ///
  ///   struct Pairs {
  ///     weir::OperatorListState<Order> waiting{"waiting"};
  ///     void open(weir::FunctionOpening& opening) { opening.keep(waiting); }
  ///     void process_element(const Order& order, weir::FunctionContext& context, weir::Out<Pair>& out);
  ///     void restored();                        // waiting is what a checkpoint held, or this subtask's share of it
  ///     void snapshot_state();                  // a barrier has come: what waiting is now goes into a checkpoint
  ///     void close(weir::Out<Pair>& out);       // all input is there
  ///   };
  ///
  /// All but process_element() may be left out. See docs/process-functions.md.
  template <class F>
  auto process(F function) const;

  /// Turns lines into records: f(std::string_view) -> Parsed<R>. What is malformed ends the job, is skipped and
  /// counted, or goes to a directory of dead letters.
  template <class F>
  auto parse(F function, OnMalformed policy = OnMalformed::fail()) const;

  /// Gives every record its event time, f(const T&) -> Timestamp or a pointer to a member, and the stream its
  /// watermarks. Belongs right behind the source or parse, where splits are still told apart.
  /// Errors, while running: UserError for a timestamp beyond +-2.5e14 ms.
  template <class F>
  Stream<T> timestamps(F extract, WatermarkStrategy strategy) const {
    return add_timestamps(std::move(extract), limited(strategy), nullptr);
  }

  /// Gives the stream watermarks by the event time that its source has given the records.
  Stream<T> watermarks(WatermarkStrategy strategy) const {
    return add_borrowing<T>("Watermarks", [strategy = limited(strategy)] {
      return std::make_unique<detail::TimestampsOperator<T, detail::TimestampsOfSource>>(detail::TimestampsOfSource{},
                                                                                         strategy, nullptr);
    });
  }

  /// Event time with watermarks of one's own: make() -> std::unique_ptr<WatermarkGenerator<T>>, one for each split. Of
  /// `idleness` only idle_timeout counts.
  template <class F, class Make>
    requires std::is_invocable_r_v<std::unique_ptr<WatermarkGenerator<T>>, const Make&>
  Stream<T> timestamps(F extract, Make make, WatermarkStrategy idleness = {}) const {
    check(idleness);
    return add_timestamps(std::move(extract), idleness, std::move(make));
  }

  /// Groups records by key: a pointer to a member, or f(const T&) -> key. Keys are integers, enums, texts, strong ids,
  /// times, and tuples or WEIR_FIELDS structs of these.
  template <class KeyFn>
  auto key_by(KeyFn key) const;

  /// This stream and others of its type in one. Nothing is known of the order between them.
  template <class... Others>
  Stream<T> union_with(const Others&... others) const {
    constexpr bool fits = (std::derived_from<Others, Stream<T>> && ...);
    static_assert(fits,
                  "union_with joins streams of one type of records: map the others to this stream's record first");
    Stream<T> all = *this;
    if constexpr (fits) {
      (all.inputs_.insert(all.inputs_.end(), others.inputs_.begin(), others.inputs_.end()), ...);
      all.bounded_ = bounded_ && (others.bounded_ && ...);
    }
    return all;
  }

  /// Pairs of records of this stream and another that have the same key and lie in the same window:
  ///
  ///   orders.join(payments).where(&Order::id).equal_to(&Payment::order).window(weir::TumblingEventTime{1h})
  ///       .apply([](const Order& order, const Payment& payment) { return Paid{...}; })
  template <class Other>
  auto join(const Stream<Other>& other) const;

  /// The same for all records of a key and window at once, those of either stream; one may have none.
  template <class Other>
  auto co_group(const Stream<Other>& other) const;

  /// This stream and another, whose records may be of another type, on their way into one operator: map, flat_map or,
  /// grouped by key, process follows.
  template <class U>
  ConnectedStreams<T, U> connect(const Stream<U>& second) const;
  /// This stream and a broadcast one, on their way into one operator: process follows.
  template <class U>
  BroadcastConnectedStream<T, U> connect(const BroadcastStream<U>& second) const;

  /// Spreads batches evenly over the subtasks of what follows.
  Stream<T> rebalance() const { return partitioned(Partitioning::kRebalance); }

  /// Gives every record to every subtask of what follows.
  Stream<T> broadcast() const { return partitioned(Partitioning::kBroadcast); }
  /// The same, for connect(): with states that are the same in all subtasks, each named by its descriptor.
  template <class... MapKeys, class... Values>
    requires(sizeof...(MapKeys) > 0)
  BroadcastStream<T> broadcast(const MapStateDescriptor<MapKeys, Values>&... descriptors) const;

  /// Prints records, a line each, to standard output; with a name each line begins with it.
  SinkHandle print(std::string name = "") const {
    if constexpr (Printable<T>) {
      connectors::PrintOptions options;
      options.name = std::move(name);
      return sink_to(connectors::print<T>(std::move(options)), "Print");
    } else {
      static_assert(sizeof(detail::RequirePrintable<T>) > 0);
      return SinkHandle(*builder_, NodeId{});
    }
  }

  /// Writes records to files of a directory, a line each. Those of a bounded job appear when it has ended; those of
  /// an unbounded one as each is complete, see FilesOptions::deliver_when_rolled.
  SinkHandle write_files(connectors::FilesOptions options) const {
    if constexpr (Printable<T>) {
      return write_files(std::move(options), connectors::PrintedFormat{});
    } else {
      static_assert(sizeof(detail::RequirePrintable<T>) > 0);
      return SinkHandle(*builder_, NodeId{});
    }
  }
  /// format(const T&, std::string& line) appends the line without its end.
  template <class Format>
  SinkHandle write_files(connectors::FilesOptions options, Format format) const {
    constexpr bool fits = std::is_invocable_v<Format&, const T&, std::string&>;
    static_assert(fits,
                  "write_files needs a function that appends the line of a record: [](const Record& record, "
                  "std::string& line) { line += record.name; }");
    if constexpr (fits) {
      if (!bounded_) options.deliver_when_rolled = true;
      return sink_to(connectors::files<T>(std::move(options), std::move(format)), "Files");
    } else {
      return SinkHandle(*builder_, NodeId{});
    }
  }

  /// Leaves records in memory when the job has ended: for tests. Those of one subtask stay in order.
  SinkHandle collect(std::shared_ptr<connectors::Collected<T>> into) const {
    return sink_to(connectors::collect<T>(std::move(into)), "Collect");
  }

  /// Ends in any sink that takes records of type T. Requires: `sink` is made for T.
  SinkHandle sink_to(std::shared_ptr<const Sink> sink, std::string name) const {
    GraphNode node;
    node.name = "Sink: " + name;
    node.inputs = inputs_;
    node.sink = std::move(sink);
    return SinkHandle(*builder_, builder_->graph.add(std::move(node)));
  }

  /// Names the operator that makes these records: what is shown, and the identity by which checkpoints find its state.
  /// A main stream and its side streams come from one operator. Errors: UserError for a union, which is none.
  Stream<T> name(std::string name) const {
    GraphNode& node = maker("name");
    node.name = node.source ? "Source: " + name : std::move(name);
    node.named = true;
    return *this;
  }

  /// How many subtasks the operator that makes these records has. Errors: UserError for a union; when the job is
  /// planned, for 0, for more than the operator can have, and for more than --weir.key-groups.
  Stream<T> parallelism(std::uint32_t parallelism) const {
    maker("parallelism").parallelism = parallelism;
    return *this;
  }

  /// Whether the records come to an end by themselves: all sources before are bounded.
  bool bounded() const { return bounded_; }

 private:
  template <class>
  friend class Stream;
  template <class, class>
  friend class KeyedStream;
  template <class, class>
  friend class WindowedStream;
  template <class, class, class, class, class>
  friend class TriggeredStream;
  template <class, class>
  friend class ConnectedStreams;

  GraphNode& maker(const char* asked) const {
    if (inputs_.size() > 1)
      throw UserError(
          fmt::format("{}() after union_with: a union is no operator; call it on the streams that are "
                      "joined, or on the operator behind",
                      asked));
    return builder_->graph.node(inputs_.front().from);
  }

  Stream<T> partitioned(Partitioning partitioning) const {
    Stream<T> copy = *this;
    for (GraphInput& input : copy.inputs_) input.partitioning = partitioning;
    return copy;
  }

  WatermarkStrategy limited(WatermarkStrategy strategy) const {
    check(strategy);
    if (!bounded_ && !strategy.far_future) strategy.far_future = std::chrono::days(1);
    return strategy;
  }

  template <class F, class Make>
  Stream<T> add_timestamps(F extract, WatermarkStrategy strategy, Make make_generator) const {
    constexpr bool fits = std::is_invocable_r_v<Timestamp, const F&, const T&>;
    static_assert(fits,
                  "timestamps needs a member or function that gives a weir::Timestamp: &Record::time, or "
                  "[](const Record& record) { return weir::timestamp_ms(record.ms); }");
    if constexpr (fits) {
      return add_borrowing<T>("Timestamps", [extract, strategy, make_generator] {
        return std::make_unique<detail::TimestampsOperator<T, F>>(extract, strategy, make_generator);
      });
    } else {
      return *this;
    }
  }

  template <class Make>
  NodeId add_node(std::string name, Make make, std::vector<GraphPort> ports) const {
    return builder_->graph.add(detail::operator_node(std::move(name), inputs_, std::move(ports), std::move(make)));
  }

  template <class R, class Make>
  Stream<R> add(std::string name, Make make) const {
    return Stream<R>(*builder_, add_node(std::move(name), std::move(make), {detail::port_of<R>()}), 0, bounded_);
  }

  /// An operator that saves something, but has a name lent by what is before it.
  template <class R, class Make>
  Stream<R> add_borrowing(std::string name, Make make) const {
    const Stream<R> added = add<R>(std::move(name), std::move(make));
    builder_->lent_names.emplace_back(added.inputs_.front().from, inputs_.front().from);
    return added;
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
#include "weir/stream/plain_process.h"
#include "weir/stream/window_join.h"
