// expect: a window function takes the key, the window, the aggregated value and the output, and names what it emits
#include <weir/weir.h>

using namespace std::chrono_literals;

void job(weir::Environment& env) {
  env.from_values<int>({1})
      .key_by([](int number) { return number; })
      .window(weir::TumblingProcessingTime{1s})
      .count([](int, const weir::Window&, std::int64_t count) { return count; });
}
