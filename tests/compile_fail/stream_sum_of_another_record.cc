// expect: sum needs a member of the record that is a number: sum(&Record::count)
#include <weir/weir.h>

using namespace std::chrono_literals;

struct Other {
  int count;
};

void job(weir::Environment& env) {
  env.from_values<int>({1})
      .key_by([](int number) { return number; })
      .window(weir::TumblingProcessingTime{1s})
      .sum(&Other::count);
}
