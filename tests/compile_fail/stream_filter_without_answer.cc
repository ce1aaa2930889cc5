// expect: filter needs a function that says which records stay: [](const Record& record) { return record.price > 0; }
#include <weir/weir.h>

void job(weir::Environment& env) {
  env.from_values<int>({1, 2}).filter([](int) {}).print();
}
