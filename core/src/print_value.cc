#include "weir/core/print_value.h"

#include <charconv>

namespace weir::detail {

namespace {

template <class Number>
void append(std::string& out, Number number) {
  char digits[32];
  const std::to_chars_result end = std::to_chars(digits, digits + sizeof(digits), number);
  out.append(digits, end.ptr);
}

}  // namespace

void append_number(std::string& out, long long number) { append(out, number); }
void append_number(std::string& out, unsigned long long number) { append(out, number); }
void append_number(std::string& out, float number) { append(out, number); }
void append_number(std::string& out, double number) { append(out, number); }

}  // namespace weir::detail
