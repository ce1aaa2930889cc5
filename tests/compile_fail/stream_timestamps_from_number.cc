// expect: timestamps needs a member or function that gives a weir::Timestamp: &Record::time, or
// expect: return weir::timestamp_ms(record.ms);
#include <weir/weir.h>

struct Click {
  std::int64_t ms;
};

void job(weir::Environment& env) { env.from_values<Click>({{1}}).timestamps(&Click::ms, weir::monotone_timestamps()); }
