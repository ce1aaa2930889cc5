// expect: sessions merge, so their trigger needs: void on_merge(const weir::Window& merged
#include <weir/weir.h>

using namespace std::chrono_literals;

struct AtFirst {
  weir::TriggerResult on_element(int, weir::Timestamp, const weir::Window&, weir::TriggerContext<>&) {
    return weir::TriggerResult::kFireAndPurge;
  }
};

void job(weir::Environment& env) {
  env.from_values<int>({1})
      .key_by([](int number) { return number; })
      .window(weir::SessionWindows::with_gap(1s))
      .trigger(AtFirst{})
      .count();
}
