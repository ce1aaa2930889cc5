// expect: trigger needs a struct with: weir::TriggerResult on_element(const Record& element, weir::Timestamp time
#include <weir/weir.h>

using namespace std::chrono_literals;

struct AtFirst {
  weir::TriggerResult on_element(const std::string&, weir::Timestamp, const weir::Window&, weir::TriggerContext<>&) {
    return weir::TriggerResult::kFire;
  }
};

void job(weir::Environment& env) {
  env.from_values<int>({1})
      .key_by([](int number) { return number; })
      .window(weir::TumblingEventTime{1s})
      .trigger(AtFirst{})
      .count();
}
