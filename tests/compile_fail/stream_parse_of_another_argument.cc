// expect: parse needs a function that says whether a line is a record: [](std::string_view line) -> weir::Parsed<Record>
#include <weir/weir.h>

void job(weir::Environment& env) {
  env.lines("in").parse([](int number) -> weir::Parsed<int> { return number; });
}
