// expect: and what it may have besides: weir::TriggerResult on_event_time and on_processing_time(weir::Timestamp time
#include <weir/weir.h>

using namespace std::chrono_literals;

struct AtFirst {
  weir::TriggerResult on_element(int, weir::Timestamp, const weir::Window&, weir::TriggerContext<>&) {
    return weir::TriggerResult::kContinue;
  }
  weir::TriggerResult on_event_time(weir::Timestamp, weir::TriggerContext<>&) { return weir::TriggerResult::kFire; }
};

void job(weir::Environment& env) {
  env.from_values<int>({1})
      .key_by([](int number) { return number; })
      .window(weir::TumblingEventTime{1s})
      .trigger(AtFirst{})
      .count();
}
