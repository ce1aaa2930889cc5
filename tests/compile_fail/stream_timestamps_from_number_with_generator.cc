// expect: timestamps needs a member or function that gives a weir::Timestamp: &Record::time, or
#include <weir/weir.h>

struct Click {
  std::int64_t ms;
};

void job(weir::Environment& env) {
  env.from_values<Click>({{1}}).timestamps(&Click::ms,
                                           [] { return std::unique_ptr<weir::WatermarkGenerator<Click>>(); });
}
