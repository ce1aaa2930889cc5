// expect: union_with joins streams of one type of records: map the others to this stream's record first
#include <weir/weir.h>

void job(weir::Environment& env) { env.from_values<int>({1}).union_with(env.from_values<std::string>({"a"})); }
