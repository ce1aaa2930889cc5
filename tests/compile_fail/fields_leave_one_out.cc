// expect: WEIR_FIELDS(Person, ...) leaves out a field, which would be lost at a restore: list every field
#include <string>

#include <weir/core/fields.h>

struct Person {
  std::string name;
  int age;
};
WEIR_FIELDS(Person, name);
