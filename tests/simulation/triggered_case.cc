#include "kit/triggered_case.h"

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace weir::tests {

namespace {

CaseWords read_words(std::istringstream& line) {
  CaseWords words;
  line >> words.word;
  for (std::string next; line >> next;) {
    if (next.find_first_not_of("-0123456789") == std::string::npos) {
      words.numbers.push_back(std::stoll(next));
    } else {
      words.last = next;
    }
  }
  return words;
}

void read_input(std::istringstream& words, bool is_watermark, TriggeredCase& now) {
  VectorItem item;
  item.is_watermark = is_watermark;
  std::string time;
  if (is_watermark) {
    words >> time;
    if (time == "end") return;
    item.time = std::stoll(time);
  } else {
    int split = 0;
    words >> split >> item.time >> item.key >> item.value;
  }
  now.input.push_back(item);
}

}  // namespace

std::vector<TriggeredCase> read_triggered_cases(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot open " + path);
  std::vector<TriggeredCase> cases;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string kind;
    words >> kind;
    if (kind == "case") cases.emplace_back();
    TriggeredCase& now = cases.back();
    if (kind == "case") {
      words >> now.seed;
    } else if (kind == "windows") {
      now.windows = read_words(words);
    } else if (kind == "lateness_ms") {
      words >> now.lateness;
    } else if (kind == "trigger") {
      now.trigger = read_words(words);
    } else if (kind == "evictor") {
      now.evictor = read_words(words);
    } else if (kind == "r" || kind == "w") {
      read_input(words, kind == "w", now);
    } else if (kind == "out") {
      std::string start;
      std::string end;
      std::string at;
      std::string key;
      std::string values;
      words >> start >> end >> at >> key >> values;
      now.results[key].push_back(start + ' ' + end + ' ' + at + ' ' + values);
    } else if (kind == "late") {
      now.late.push_back(line.substr(line.find(' ') + 1));
    } else if (kind == "join") {
      now.joins = true;
    } else if (kind == "pair") {
      now.pairs.push_back(line.substr(line.find(' ') + 1));
    } else if (kind != "end") {
      throw std::runtime_error(path + ": unknown line: " + line);
    }
  }
  return cases;
}

}  // namespace weir::tests
