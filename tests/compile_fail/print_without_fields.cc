// expect: Weir cannot print this type: add WEIR_FIELDS(Type, field, ...) after the struct
#include <string>

#include <weir/core/print_value.h>

struct Person {
  std::string name;
};

void show(const Person& person, std::string& out) { weir::append_value(out, person); }
