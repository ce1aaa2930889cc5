// expect: Weir cannot encode this type: add WEIR_FIELDS(Type, field, ...) after the struct
#include <weir/weir.h>

struct Opaque {
  int number;
};

struct Keeps {
  weir::OperatorListState<Opaque> all{"all"};
  void process_element(int, weir::FunctionContext&, weir::Out<int>&) {}
};

void job(weir::Environment& env) { env.from_values({1, 2}).process(Keeps{}); }
