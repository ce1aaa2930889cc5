#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/connectors/files/separate_directories.h"
#include "weir/connectors/generator/generator.h"
#include "weir/connectors/lines/lines.h"
#include "weir/connectors/socket/demo_text.h"
#include "weir/connectors/socket/socket.h"
#include "weir/connectors/values/values.h"
#include "weir/core/graph.h"
#include "weir/stream/arguments.h"
#include "weir/stream/names.h"
#include "weir/stream/stream.h"

namespace weir {

/// What of the configuration changes the graph.
struct EnvironmentOptions {
  bool pre_aggregate = true;  ///< combine before the exchange where an aggregate allows it
  bool checkpoints = false;   ///< what keeps state must have names
};

/// Where a job function begins: makes streams from sources, and holds the graph that grows.
///
/// Thread: one. Streams refer to it: they live no longer than it does.
class Environment {
 public:
  explicit Environment(Arguments arguments, EnvironmentOptions options = {})
      : arguments_(std::move(arguments)),
        builder_{Graph{}, options.pre_aggregate, {}},
        checkpoints_(options.checkpoints) {}
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  /// The job's own arguments.
  Arguments& args() { return arguments_; }

  /// At the end of the input, processing-time windows that are not due fire instead of being dropped: what the option
  /// --weir.drain asks for, asked for by the job. Either is enough.
  void drain_at_end() { drains_at_end_ = true; }
  bool drains_at_end() const { return drains_at_end_; }

  /// Lines of text from a TCP server; they cannot be read again. The texts live as long as their record is handled.
  Stream<Text> socket_text(std::string host, std::uint16_t port) {
    connectors::SocketOptions options;
    options.host = std::move(host);
    options.port = port;
    return socket_text(options);
  }
  Stream<Text> socket_text(connectors::SocketOptions options) {
    if (args().for_help_only()) options = {.port = 1};  // what the job would connect to is not known
    return from_source<Text>(connectors::socket(std::move(options)), "Socket Stream", 1);
  }

  /// Lines of words from a text server of its own.
  Stream<Text> demo_text() { return from_source<Text>(connectors::demo_text(), "Socket Stream", 1); }

  /// Lines of all files of a directory; every file is a split.
  Stream<Line> lines(std::string directory) {
    connectors::LinesOptions options;
    options.directory = std::move(directory);
    return lines(options);
  }
  Stream<Line> lines(connectors::LinesOptions options) {
    return from_source<Line>(connectors::lines(std::move(options)), "Lines");
  }

  /// Values that are there already, in order. Requires: a weir::Text in them outlives the job.
  template <class T>
  Stream<T> from_values(std::vector<T> values) {
    return from_source<T>(connectors::values<T>(std::move(values)), "Values", 1);
  }
  template <class T>
  Stream<T> from_values(std::initializer_list<T> values) {
    return from_values(std::vector<T>(values));
  }

  /// Records made by a function of their index, as many and as fast as the options say.
  template <class F>
  auto generate(connectors::GeneratorOptions options, F function) {
    constexpr bool fits = detail::is_generator<F>();
    static_assert(fits, "generate needs a function from the record's index: [](std::uint64_t index) { return ...; }");
    if constexpr (fits) {
      using T = std::decay_t<std::invoke_result_t<F&, std::uint64_t>>;
      return from_source<T>(connectors::generator(options, std::move(function)), "Generator");
    }
  }

  /// Records of type T from any source. Requires: `source` makes records of type T. `max_parallelism`: the most
  /// subtasks that have something to read.
  template <class T>
  Stream<T> from_source(std::shared_ptr<const Source> source, std::string name, std::uint32_t max_parallelism = 32768) {
    GraphNode node;
    node.name = "Source: " + name;
    node.max_parallelism = max_parallelism;
    const bool bounded = source->bounded();
    node.source = std::move(source);
    node.outputs = {detail::port_of<T>()};
    return Stream<T>(builder_, builder_.graph.add(std::move(node)), 0, bounded);
  }

  /// What the job function has built so far.
  const Graph& graph() const { return builder_.graph; }
  /// Takes the graph away, for running it. Streams are of no use any more. Errors: UsageError for file sinks that write
  /// into each other's directories; with checkpoints, UserError for names that are missing or doubled.
  Graph take_graph() {
    connectors::check_separate_directories(builder_.graph);
    detail::lend_names(builder_.graph, builder_.lent_names);
    if (checkpoints_) detail::check_names(builder_.graph);
    detail::tell_apart(builder_.graph);
    return std::move(builder_.graph);
  }

 private:
  Arguments arguments_;
  detail::GraphBuilder builder_;
  bool checkpoints_;
  bool drains_at_end_ = false;
};

}  // namespace weir
