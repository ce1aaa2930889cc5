#include "kit/window_case.h"

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace weir::tests {

std::vector<WindowCase> read_window_cases(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot open " + path);
  std::vector<WindowCase> cases;
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string kind;
    words >> kind;
    if (kind == "case") cases.emplace_back();
    WindowCase& now = cases.back();
    if (kind == "case") {
      words >> now.seed;
    } else if (kind == "window") {
      std::string shape;
      words >> shape;
      now.sliding = shape == "sliding";
    } else if (kind == "size_ms") {
      words >> now.size;
    } else if (kind == "slide_ms") {
      words >> now.slide;
    } else if (kind == "offset_ms") {
      words >> now.offset;
    } else if (kind == "lateness_ms") {
      words >> now.lateness;
    } else if (kind == "aggregate") {
      words >> now.aggregate;
    } else if (kind == "r") {
      VectorItem item;
      int split = 0;
      words >> split >> item.time >> item.key >> item.value;
      now.input.push_back(item);
    } else if (kind == "w") {
      VectorItem item;
      item.is_watermark = true;
      std::string time;
      words >> time;
      if (time == "end") continue;
      item.time = std::stoll(time);
      now.input.push_back(item);
    } else if (kind == "out") {
      VectorResult result;
      words >> result.start >> result.end >> result.key >> result.value;
      now.results.push_back(result);
    } else if (kind == "late") {
      VectorItem item;
      words >> item.time >> item.key >> item.value;
      now.late.push_back(item);
    } else if (kind != "end") {
      throw std::runtime_error(path + ": unknown line: " + line);
    }
  }
  return cases;
}

}  // namespace weir::tests
