// expect: write_files needs a function that appends the line of a record: [](const Record& record, std::string& line)
#include <weir/weir.h>

void job(weir::Environment& env) {
  env.from_values<int>({1}).write_files({.directory = "out"}, [](int number) { return std::to_string(number); });
}
