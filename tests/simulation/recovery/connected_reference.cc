#include "recovery/connected_reference.h"

#include <algorithm>
#include <map>

namespace weir::tests {

namespace {

std::int64_t last_of_period(std::int64_t time, std::int64_t period) {
  std::int64_t since = time % period;
  if (since < 0) since += period;
  return time - since + period - 1;
}

std::string in_order(std::vector<std::int64_t> values) {
  std::sort(values.begin(), values.end());
  std::string text;
  for (const std::int64_t value : values) text += std::to_string(value) + ";";
  return text;
}

struct Sides {
  std::vector<std::int64_t> left;
  std::vector<std::int64_t> right;
};

}  // namespace

std::multiset<std::string> clearing_lines(const std::vector<PlainEvent>& left, const std::vector<PlainEvent>& right,
                                          std::int64_t period) {
  std::map<std::string, std::map<std::int64_t, Sides>> periods;
  for (const PlainEvent& event : left)
    periods[event.key][last_of_period(event.time, period)].left.push_back(event.value);
  for (const PlainEvent& event : right)
    periods[event.key][last_of_period(event.time, period)].right.push_back(event.value);
  std::multiset<std::string> lines;
  for (const auto& [key, by_end] : periods) {
    std::int64_t carried = 0;
    for (const auto& [end, sides] : by_end) {
      for (const std::int64_t value : sides.left) carried += value;
      for (const std::int64_t value : sides.right) carried -= value;
      lines.insert(key + "\t" + std::to_string(end) + "\t" + in_order(sides.left) + "\t" + in_order(sides.right) +
                   "\t" + std::to_string(carried));
    }
  }
  return lines;
}

std::multiset<std::string> side_lines(const std::vector<PlainEvent>& left, const std::vector<PlainEvent>& right) {
  std::multiset<std::string> lines;
  const auto add = [&lines](const char* side, const PlainEvent& event) {
    lines.insert(side + std::to_string(event.time) + "\t" + event.key + "\t" + std::to_string(event.value));
  };
  for (const PlainEvent& event : left) add("left\t", event);
  for (const PlainEvent& event : right) add("right\t", event);
  return lines;
}

}  // namespace weir::tests
