// expect: evictor needs a struct with: void evict_before(std::vector<weir::Timestamped<Record>>& elements
#include <weir/weir.h>

using namespace std::chrono_literals;

struct Nothing {
  void evict(std::vector<int>&) const {}
};

void job(weir::Environment& env) {
  env.from_values<int>({1})
      .key_by([](int number) { return number; })
      .window(weir::TumblingEventTime{1s})
      .evictor(Nothing{})
      .count();
}
