// What the refusals of streams ask for compiles.
#include <weir/weir.h>

using namespace std::chrono_literals;

struct Reading {
  weir::Timestamp time;
  std::string sensor;
  std::int64_t value;

  weir::Timestamp when() const { return time; }
};
WEIR_FIELDS(Reading, time, sensor, value);

struct Average {
  struct Accumulator {
    std::int64_t sum = 0;
    std::int64_t count = 0;
  };
  Accumulator create() const { return {}; }
  void add(Accumulator& into, const Reading& reading) const { into.sum += reading.value, ++into.count; }
  void merge(Accumulator& into, const Accumulator& from) const { into.sum += from.sum, into.count += from.count; }
  double result(const Accumulator& from) const {
    return static_cast<double>(from.sum) / static_cast<double>(from.count);
  }
};
WEIR_FIELDS(Average::Accumulator, sum, count);

using Key = std::pair<std::string, int>;

struct Everything {
  weir::ValueState<Key, Reading> last{"last"};
  weir::ListState<Key, std::string> sensors{"sensors"};
  weir::MapState<Key, int, double> means{"means"};
  void open(weir::ProcessOpening<Key>& opening) {
    opening.keep(last);
    opening.keep(sensors);
    opening.keep(means);
  }
  void process_element(const Reading& reading, weir::ProcessContext<Key>& context, weir::Out<std::string>& out) {
    last->set(reading);
    sensors->add(reading.sensor);
    out.emit((*sensors)[0] + context.key().first);
  }
  void on_timer(weir::Timestamp, weir::ProcessContext<Key>& context, weir::Out<std::string>& out) {
    means->update(context.key().second) = 1;
    out.emit(last->get()->sensor);
  }
  void close(weir::Out<std::string>& out) { out.emit("closed"); }
};

struct Echo {
  void process_element(const weir::Text& text, weir::ProcessContext<std::string>&, weir::Out<weir::Text>& out) {
    out.emit(text);
  }
};

struct Both {
  weir::ValueState<std::string, int> numbers{"numbers"};
  void open(weir::ProcessOpening<std::string>& opening) { opening.keep(numbers); }
  void process_element1(const Reading& reading, weir::ProcessContext<std::string>& context, weir::Out<int>&) {
    context.set_event_timer(reading.time);
  }
  void process_element2(const int& number, weir::ProcessContext<std::string>&, weir::Out<int>&) {
    numbers->set(number);
  }
  void on_timer(weir::Timestamp, weir::ProcessContext<std::string>&, weir::Out<int>& out) { out.emit(1); }
  void close(weir::Out<int>& out) { out.emit(2); }
};

const weir::MapStateDescriptor<std::string, Reading> kLimits("limits");
const weir::MapStateDescriptor<Key, std::vector<int>> kOthers("others");

struct Ruled {
  weir::ValueState<std::string, int> numbers{"numbers"};
  weir::OperatorListState<Reading> all{"all"};
  void open(weir::ProcessOpening<std::string>& opening) {
    opening.keep(numbers);
    opening.keep(all);
  }
  void process_element(const Reading& reading, weir::KeyedReadOnlyContext<std::string>& context,
                       weir::Out<std::string>& out) {
    numbers->update() += static_cast<int>(context.broadcast_state(kOthers).size());
    all.add(reading);
    if (const Reading* limit = context.broadcast_state(kLimits).get(reading.sensor)) out.emit(limit->sensor);
    context.set_event_timer(reading.time);
  }
  void process_broadcast_element(int number, weir::BroadcastContext& context, weir::Out<std::string>&) {
    context.broadcast_state(kOthers).update(Key("a", number)).push_back(number);
  }
  void on_timer(weir::Timestamp, weir::KeyedReadOnlyContext<std::string>& context, weir::Out<std::string>& out) {
    context.broadcast_state(kLimits).for_each([&](const std::string& sensor, const Reading&) { out.emit(sensor); });
  }
};

struct Plain {
  weir::UnionListState<std::pair<int, std::string>> all{"all"};
  void open(weir::FunctionOpening& opening) { opening.keep(all); }
  void restored() { all.clear(); }
  void snapshot_state() { all.set({{1, "a"}}); }
  void process_element(const Reading& reading, weir::FunctionContext&, weir::Out<Reading>& out) { out.emit(reading); }
  void close(weir::Out<Reading>&) {}
};

struct PlainBoth {
  void process_element1(const Reading& reading, weir::FunctionContext&, weir::Out<Reading>& out) { out.emit(reading); }
  void process_element2(int, weir::FunctionContext&, weir::Out<Reading>&) {}
};

struct Counter {
  int count = 0;
  std::string map1(int number) { return std::to_string(count += number); }
  std::string map2(const Reading& reading) { return reading.sensor + std::to_string(count); }
  void flat_map1(int number, weir::Out<int>&) { count += number; }
  void flat_map2(const Reading&, weir::Out<int>& out) noexcept { out.emit(count); }
};

weir::Timestamp time_of(const Reading& reading) noexcept { return reading.time; }
void copy(const Reading& reading, weir::Out<Reading>& out) noexcept { out.emit(reading); }

void job(weir::Environment& env, std::shared_ptr<weir::connectors::Collected<Reading>> into) {
  env.from_values<int>({1}).watermarks(weir::monotone_timestamps()).print();
  const auto numbers = env.generate({.count = 3}, [](std::uint64_t index) { return static_cast<int>(index); });
  numbers.map([](int number) { return Reading{weir::timestamp_ms(number), "a", number}; }).flat_map(copy);
  numbers.union_with(numbers, numbers.filter([](int number) { return number > 0; })).print();
  const auto readings = env.lines("in")
                            .parse([](std::string_view line) -> weir::Parsed<Reading> {
                              if (line.empty()) return weir::Malformed{"empty"};
                              return Reading{weir::timestamp_ms(1), std::string(line), 1};
                            })
                            .timestamps(&Reading::time, weir::monotone_timestamps());
  readings.timestamps(&Reading::when, weir::monotone_timestamps()).map(&Reading::sensor).print();
  const auto windows = readings.timestamps(time_of, weir::monotone_timestamps())
                           .key_by(&Reading::sensor)
                           .window(weir::TumblingEventTime{1min});
  const auto sums = windows.sum(&Reading::value);
  sums.union_with(sums, windows.min(&Reading::time), windows.max(&Reading::sensor)).write_files({.directory = "out"});
  sums.late().collect(into);
  windows.reduce([](const Reading& a, const Reading&) { return a; }).collect(into);
  windows.aggregate(Average{}).print();
  windows
      .process([](const std::string& sensor, const weir::Window&, const std::vector<Reading>&,
                  weir::Out<std::string>& out) { out.emit(sensor); })
      .write_files({.directory = "out"}, [](const std::string& sensor, std::string& line) { line += sensor; });
  env.from_values<weir::Text>({"a"}).key_by([](weir::Text text) { return text; }).process(Echo{}).print();
  readings.key_by([](const Reading& reading) { return Key(reading.sensor, 1); }).process(Everything{}).print();
  readings.key_by([](const Reading& reading) { return std::pair(reading.sensor, reading.value); })
      .window(weir::SlidingEventTime{1min, 10s})
      .count()
      .print();
  numbers.connect(readings).map(Counter{}).print();
  numbers.connect(readings).flat_map(Counter{}).print();
  readings.connect(numbers).map(&Reading::sensor, [](int number) { return std::to_string(number); }).print();
  readings.connect(numbers)
      .flat_map([](const Reading& reading, weir::Out<Reading>& out) { out.emit(reading); },
                [](int, weir::Out<Reading>&) {})
      .print();
  readings.key_by(&Reading::sensor)
      .connect(numbers.key_by([](int number) { return std::to_string(number); }))
      .process(Both{})
      .print();
  readings.connect(numbers)
      .key_by([](const Reading& reading) { return reading.sensor; }, [](int) { return weir::Text("a"); })
      .process(Both{})
      .print();
  readings.key_by(&Reading::sensor).connect(numbers.broadcast(kLimits, kOthers)).process(Ruled{}).print();
  readings.process(Plain{}).print();
  readings.connect(numbers).process(PlainBoth{}).print();
  const auto joined = readings.key_by(&Reading::sensor)
                          .interval_join(readings.key_by(&Reading::sensor))
                          .between(-1s, 1min)
                          .lower_bound_exclusive()
                          .upper_bound_exclusive()
                          .process([](const Reading& left, const Reading&, weir::Out<Reading>& out) { out.emit(left); })
                          .name("joined")
                          .parallelism(2);
  joined.union_with(joined.late_left(), joined.late_right()).print();
}
