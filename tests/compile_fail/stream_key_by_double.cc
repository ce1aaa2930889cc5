// expect: Weir cannot use this type in a key: keys are integers, enums, std::string, strong ids
// expect: instead of a floating-point number key by an integer
#include <weir/weir.h>

struct Reading {
  double place;
};

void job(weir::Environment& env) { env.from_values<Reading>({{1.5}}).key_by(&Reading::place); }
