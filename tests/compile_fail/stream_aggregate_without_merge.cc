// expect: aggregate needs a struct with: struct Accumulator; Accumulator create() const;
// expect: void merge(Accumulator&, const Accumulator&) const;
#include <weir/weir.h>

using namespace std::chrono_literals;

struct Reading {
  int sensor;
  int value;
};

struct Total {
  using Accumulator = std::int64_t;
  Accumulator create() const { return 0; }
  void add(Accumulator& sum, const Reading& reading) const { sum += reading.value; }
  std::int64_t result(const Accumulator& sum) const { return sum; }
};

void job(weir::Environment& env) {
  env.from_values<Reading>({{1, 2}})
      .key_by(&Reading::sensor)
      .window(weir::TumblingProcessingTime{1s})
      .aggregate(Total{});
}
