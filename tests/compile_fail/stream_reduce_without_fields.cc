// expect: Weir cannot encode this type: add WEIR_FIELDS(Type, field, ...) after the struct
#include <weir/weir.h>

using namespace std::chrono_literals;

struct Click {
  int user;
  int count;
};

void job(weir::Environment& env) {
  env.from_values<Click>({{1, 1}}).key_by(&Click::user).window(weir::TumblingProcessingTime{1s}).sum(&Click::count);
}
