#include "weir/stream/split.h"

namespace weir {

std::vector<std::string_view> split(std::string_view line) {
  constexpr std::string_view kSeparators = " \t\n\v\f\r";
  std::vector<std::string_view> words;
  if (line.empty()) return {line};
  std::size_t begin = 0;
  for (;;) {
    const std::size_t end = line.find_first_of(kSeparators, begin);
    words.push_back(line.substr(begin, end - begin));
    if (end == std::string_view::npos) break;
    begin = end + 1;
  }
  while (!words.empty() && words.back().empty()) words.pop_back();
  return words;
}

}  // namespace weir
