#include <algorithm>
#include <charconv>
#include <chrono>

#include <fmt/format.h>
#include <weir/weir.h>

#include "weir/sim/random.h"

#include "kit/sim_job.h"
#include "recovery/recovery_case.h"

namespace weir::tests {

namespace {

using namespace std::chrono_literals;

struct Event {
  Timestamp time;
  std::string key;
  std::int64_t value = 0;
};
WEIR_FIELDS(Event, time, key, value);

struct Result {
  Timestamp start;
  Timestamp end;
  std::string key;
  std::string value;
};
WEIR_FIELDS(Result, start, end, key, value);

/// A source of events: a directory of files, or a generator that takes its time.
struct Input {
  std::string name;
  bool generated = false;
  std::uint64_t count = 0;
  double per_second = 0;
  std::uint32_t splits = 1;
};

enum class Fold : std::uint8_t { kCount, kSum, kMax, kReduce, kProcess };

/// What a random graph is made of.
struct Shape {
  std::vector<Input> inputs;
  Duration out_of_orderness{0};
  std::int64_t keys = 1;
  Duration size{0};
  Duration slide{0};
  Fold fold = Fold::kCount;
  bool filter = false;
  bool doubled = false;
  bool rebalance = false;
  bool copies = false;  ///< a second sink, before the windows
  bool second = false;  ///< windows over windows
  bool processing_time = false;
};

std::int64_t between(sim::Random& random, std::int64_t from, std::int64_t to) {
  return from + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(to - from) + 1));
}

/// Time goes on with the index, and back by less than the bound.
Event make_event(const Shape& shape, std::uint64_t index) {
  sim::Random random(index + 1);
  const auto bound = shape.out_of_orderness.count();
  const std::int64_t time = static_cast<std::int64_t>(3 * index) - between(random, 0, bound);
  return {timestamp_ms(time), fmt::format("k{}", between(random, 0, shape.keys - 1)), between(random, -5, 20)};
}

std::string line_of(const Event& event) {
  return fmt::format("{}\t{}\t{}\n", to_ms(event.time), event.key, event.value);
}

Event event_of(std::string_view line) {
  Event event;
  std::int64_t ms = 0;
  const std::size_t tab = line.find('\t');
  const std::size_t second = line.find('\t', tab + 1);
  std::from_chars(line.data(), line.data() + tab, ms);
  std::from_chars(line.data() + second + 1, line.data() + line.size(), event.value);
  event.time = timestamp_ms(ms);
  event.key = line.substr(tab + 1, second - tab - 1);
  return event;
}

Stream<Event> read(Environment& env, const Shape& shape, const Input& input,
                   const std::shared_ptr<Failures>& failures) {
  Stream<Event> events = [&] {
    if (input.generated) {
      connectors::GeneratorOptions options{input.count, input.per_second, input.splits};
      return env.generate(options, [shape](std::uint64_t index) { return make_event(shape, index); }).name(input.name);
    }
    return env.lines("/in/" + input.name)
        .name(input.name)
        .map([failures](const Line& line) {
          failures->pass();
          return event_of(line.text);
        })
        .name("parse " + input.name);
  }();
  if (shape.processing_time) return events;
  return events.timestamps(&Event::time, bounded_out_of_orderness(shape.out_of_orderness))
      .name("timestamps of " + input.name);
}

std::string joined(std::vector<std::string> parts) {
  std::sort(parts.begin(), parts.end());
  std::string all;
  for (const std::string& part : parts) all += part + ";";
  return all;
}

Stream<Result> fold(const Shape& shape, const Stream<Event>& events) {
  const auto emit = [](const std::string& key, const Window& window, std::string value, Out<Result>& out) {
    out.emit({window.start, window.end, key, std::move(value)});
  };
  const WindowLayout layout = shape.processing_time ? WindowLayout(SlidingProcessingTime{shape.size, shape.slide})
                                                    : WindowLayout(SlidingEventTime{shape.size, shape.slide});
  const auto windows = events.key_by(&Event::key).window(layout);
  const auto value_of = [emit](const std::string& key, const Window& window, const Event& event, Out<Result>& out) {
    emit(key, window, std::to_string(event.value), out);
  };
  switch (shape.fold) {
    case Fold::kSum:
      return windows.sum(&Event::value, value_of).name("windows");
    case Fold::kMax:
      return windows.max(&Event::value, value_of).name("windows");
    case Fold::kReduce:
      return windows
          .reduce(
              [](const Event& a, const Event& b) { return Event{std::max(a.time, b.time), a.key, a.value + b.value}; },
              [emit](const std::string& key, const Window& window, const Event& event, Out<Result>& out) {
                emit(key, window, fmt::format("{}/{}", to_ms(event.time), event.value), out);
              })
          .name("windows");
    case Fold::kProcess:
      return windows
          .process(
              [emit](const std::string& key, const Window& window, const std::vector<Event>& all, Out<Result>& out) {
                std::vector<std::string> values;
                for (const Event& event : all) values.push_back(fmt::format("{}/{}", to_ms(event.time), event.value));
                emit(key, window, joined(std::move(values)), out);
              })
          .name("windows");
    case Fold::kCount:
      break;
  }
  return windows
      .count([emit](const std::string& key, const Window& window, std::int64_t count, Out<Result>& out) {
        emit(key, window, std::to_string(count), out);
      })
      .name("windows");
}

void write(const Stream<Result>& results, const std::string& directory, const std::string& name) {
  results
      .write_files({.directory = directory},
                   [](const Result& result, std::string& line) {
                     fmt::format_to(std::back_inserter(line), "{}\t{}\t{}\t{}", to_ms(result.start), to_ms(result.end),
                                    result.key, result.value);
                   })
      .name(name);
}

void build(Environment& env, const Shape& shape, const std::shared_ptr<Failures>& failures) {
  std::optional<Stream<Event>> events;
  for (const Input& input : shape.inputs) {
    const Stream<Event> more = read(env, shape, input, failures);
    events = events ? events->union_with(more) : more;
  }
  if (shape.filter) events = events->filter([](const Event& event) { return event.value % 3 != 0; }).name("filter");
  if (shape.doubled)
    events = events
                 ->flat_map([failures](const Event& event, Out<Event>& out) {
                   failures->pass();
                   out.emit(event);
                   if (event.value % 2 == 0) out.emit({event.time, event.key, event.value + 1});
                 })
                 .name("doubled");
  if (shape.copies)
    events
        ->write_files({.directory = "/copies", .max_bytes = 200},
                      [](const Event& event, std::string& line) {
                        line += line_of(event);
                        line.pop_back();
                      })
        .name("copies");
  if (shape.rebalance) events = events->rebalance();
  const Stream<Result> results = fold(shape, *events);
  write(results, "/out", "results");
  if (!shape.second) return;
  const Stream<Result> second =
      results.key_by([](const Result& result) { return std::int64_t{result.key.back()}; })
          .window(TumblingEventTime{shape.size * 3})
          .process([](std::int64_t key, const Window& window, const std::vector<Result>& all, Out<Result>& out) {
            std::vector<std::string> values;
            for (const Result& result : all)
              values.push_back(fmt::format("{}/{}/{}", to_ms(result.start), result.key, result.value));
            out.emit({window.start, window.end, std::to_string(key), joined(std::move(values))});
          })
          .name("second windows");
  write(second, "/second", "second results");
}

Shape draw_shape(sim::Random& random, bool processing_time) {
  Shape shape;
  shape.processing_time = processing_time;
  shape.out_of_orderness = Duration(random.one_in(3) ? 0 : between(random, 1, 40));
  shape.keys = random.one_in(4) ? 1 : between(random, 2, 12);
  shape.slide = shape.size = Duration(between(random, 5, 300));
  if (random.one_in(2)) {
    shape.slide = Duration(between(random, 5, 80));
    shape.size = shape.slide * between(random, 1, 4);
  }
  const std::uint64_t inputs = random.between(1, 3);
  for (std::uint64_t i = 0; i < inputs; ++i) {
    Input input{.name = fmt::format("input-{}", i), .generated = random.one_in(2)};
    input.count = random.between(50, 300);
    input.per_second = static_cast<double>(random.between(500, 20'000));
    input.splits = static_cast<std::uint32_t>(random.between(1, 3));
    shape.inputs.push_back(std::move(input));
  }
  if (processing_time) return shape;
  shape.fold = static_cast<Fold>(random.below(5));
  shape.filter = random.one_in(3);
  shape.doubled = random.one_in(3);
  shape.rebalance = random.one_in(3);
  shape.copies = random.one_in(3);
  shape.second = random.one_in(3);
  return shape;
}

/// Shares each input's events among files, in order.
RecoveryCase::Files draw_files(sim::Random& random, const Shape& shape) {
  RecoveryCase::Files files;
  for (const Input& input : shape.inputs) {
    if (input.generated) continue;
    const std::uint64_t into = random.between(1, 4);
    for (std::uint64_t i = 0; i < into; ++i) files[fmt::format("/in/{}/{}", input.name, i)];
    for (std::uint64_t index = 0; index < input.count; ++index)
      files[fmt::format("/in/{}/{}", input.name, random.below(into))] += line_of(make_event(shape, index));
  }
  return files;
}

/// The output of an undisturbed run in a world of its own.
RecoveryCase::Files undisturbed(const RecoveryCase& of) {
  sim::World world(of.seed);
  for (const auto& [path, bytes] : of.input) world.disk().write_file(path, bytes);
  const auto none = std::make_shared<Failures>(std::set<std::uint64_t>{});
  const auto job = [&](Environment& env) { of.job(env, none); };
  SimOptions options;
  options.arguments = of.arguments;
  {
    SimJob running(world, job, options);
    const runtime::JobResult& result = running.run();
    if (result.state != runtime::JobResult::State::kFinished)
      throw Error(Domain::kInternal, Retry::kNo, "the undisturbed job did not finish: " + result.message);
  }
  RecoveryCase::Files files;
  for (const std::string& directory : of.outputs)
    for (const std::string& path : world.disk().list_recursive(directory))
      files.emplace(path, world.disk().read_file(path));
  return files;
}

std::string judge_by_undisturbed(const RecoveryCase& of, const RecoveryCase::Files& output) {
  const RecoveryCase::Files right = undisturbed(of);
  for (const std::string& directory : of.outputs) {
    const std::string difference = first_difference(lines_below(output, directory), lines_below(right, directory));
    if (!difference.empty()) return directory + ": " + difference;
  }
  return "";
}

/// Every key's events, from all inputs.
std::map<std::string, std::int64_t> events_of_keys(const Shape& shape) {
  std::map<std::string, std::int64_t> events;
  for (const Input& input : shape.inputs)
    for (std::uint64_t index = 0; index < input.count; ++index) ++events[make_event(shape, index).key];
  return events;
}

std::string judge_processing_time(const Shape& shape, const RecoveryCase::Files& output) {
  std::map<std::string, std::int64_t> counted;
  std::set<std::string> windows;
  for (const std::string& line : lines_below(output, "/out")) {
    const std::size_t last = line.rfind('\t');
    const std::string window = line.substr(0, last);
    if (!windows.insert(window).second) return fmt::format("the window '{}' fired twice", window);
    const std::size_t key = window.rfind('\t');
    counted[window.substr(key + 1)] += std::stoll(line.substr(last + 1));
  }
  const std::int64_t overlap = shape.size / shape.slide;
  for (const auto& [key, events] : events_of_keys(shape)) {
    if (counted[key] != events * overlap)
      return fmt::format("{} events of {}, each in {} windows, were counted {} times", events, key, overlap,
                         counted[key]);
  }
  return "";
}

RecoveryCase draw(std::uint64_t seed, bool processing_time) {
  sim::Random random(seed * 2 + 1);
  const Shape shape = draw_shape(random, processing_time);
  RecoveryCase of;
  of.seed = seed;
  of.kind = processing_time ? "processing time" : "random graph";
  of.input = draw_files(random, shape);
  of.outputs = {"/out"};
  if (shape.copies) of.outputs.emplace_back("/copies");
  if (shape.second) of.outputs.emplace_back("/second");
  of.drain = processing_time;
  of.job = [shape](Environment& env, const std::shared_ptr<Failures>& failures) { build(env, shape, failures); };
  if (processing_time) {
    of.judge = [shape](const RecoveryCase::Files& output) { return judge_processing_time(shape, output); };
  } else {
    of.judge = [of](const RecoveryCase::Files& output) { return judge_by_undisturbed(of, output); };
  }
  return of;
}

}  // namespace

RecoveryCase draw_random_graph(std::uint64_t seed) { return draw(seed, false); }
RecoveryCase draw_processing_time(std::uint64_t seed) { return draw(seed, true); }

}  // namespace weir::tests
