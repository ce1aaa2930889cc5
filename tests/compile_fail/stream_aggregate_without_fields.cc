// expect: Weir cannot encode this type: add WEIR_FIELDS(Type, field, ...) after the struct
#include <weir/weir.h>

using namespace std::chrono_literals;

struct Mean {
  struct Accumulator {
    std::int64_t sum = 0;
    std::int64_t count = 0;
  };
  Accumulator create() const { return {}; }
  void add(Accumulator& into, int value) const {
    into.sum += value;
    ++into.count;
  }
  void merge(Accumulator& into, const Accumulator& from) const {
    into.sum += from.sum;
    into.count += from.count;
  }
  double result(const Accumulator& from) const { return static_cast<double>(from.sum); }
};

void job(weir::Environment& env) {
  env.from_values({1, 2}).key_by([](int n) { return n; }).window(weir::TumblingProcessingTime{1s}).aggregate(Mean{});
}
