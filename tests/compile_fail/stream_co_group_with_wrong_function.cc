// expect: co_group needs a function of the records of each stream: [](const std::vector<Left>& left
#include <weir/weir.h>

using namespace std::chrono_literals;

void job(weir::Environment& env) {
  const auto numbers = env.from_values<int>({1});
  numbers.co_group(numbers)
      .where([](int number) { return number; })
      .equal_to([](int number) { return number; })
      .window(weir::TumblingEventTime{1s})
      .apply([](int left, int right) { return left + right; });
}
