// expect: Weir cannot print this type: add WEIR_FIELDS(Type, field, ...) after the struct
#include <weir/weir.h>

struct Person {
  int age;
};

void job(weir::Environment& env) { env.from_values<Person>({{1}}).write_files({.directory = "out"}); }
