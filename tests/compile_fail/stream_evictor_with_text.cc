// expect: windows with an evictor keep their records, which must own their bytes: map to a record with std::string
#include <weir/weir.h>

using namespace std::chrono_literals;

void job(weir::Environment& env) {
  env.from_values<weir::Text>({"a"})
      .key_by([](weir::Text text) { return text; })
      .window(weir::SessionWindows::with_gap(1s))
      .evictor(weir::CountEvictor::of(1))
      .count();
}
