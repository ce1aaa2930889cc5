// expect: parse works on lines of text: a stream of weir::Line, weir::Text or std::string
#include <weir/weir.h>

void job(weir::Environment& env) {
  env.from_values<int>({1}).parse([](std::string_view) -> weir::Parsed<int> { return 1; });
}
