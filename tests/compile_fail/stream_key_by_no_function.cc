// expect: key_by needs a pointer to a member, or a function of a record: key_by(&Record::user)
#include <weir/weir.h>

struct Click {
  std::int64_t user;
};

void job(weir::Environment& env) { env.from_values<Click>({{1}}).key_by("user"); }
