// expect: a join needs a function of a record of each stream: [](const Left& left, const Right& right)
#include <weir/weir.h>

using namespace std::chrono_literals;

void job(weir::Environment& env) {
  const auto numbers = env.from_values<int>({1});
  numbers.join(numbers)
      .where([](int number) { return number; })
      .equal_to([](int number) { return number; })
      .window(weir::TumblingEventTime{1s})
      .apply([](int number) { return number; });
}
