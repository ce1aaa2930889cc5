#include "recovery/connected_reference.h"

#include <algorithm>
#include <iterator>
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

std::multiset<std::string> join_lines(const std::vector<PlainEvent>& left, const std::vector<PlainEvent>& right,
                                      std::int64_t lower, std::int64_t upper) {
  std::multiset<std::string> lines;
  for (const PlainEvent& one : left) {
    for (const PlainEvent& other : right) {
      const std::int64_t apart = other.time - one.time;
      if (one.key != other.key || apart < lower || apart > upper) continue;
      lines.insert(one.key + "\t" + std::to_string(one.time) + "\t" + std::to_string(one.value) + "\t" +
                   std::to_string(other.time) + "\t" + std::to_string(other.value) + "\t" +
                   std::to_string(std::max(one.time, other.time)));
    }
  }
  return lines;
}

std::multiset<std::string> discount_lines(const std::vector<PlainEvent>& prices,
                                          const std::vector<PlainEvent>& discounts, std::int64_t period) {
  std::map<std::string, std::map<std::int64_t, std::int64_t>> since;
  for (const PlainEvent& discount : discounts) {
    const auto [known, first] = since[discount.key].emplace(discount.time, discount.value);
    if (!first) known->second = std::max(known->second, discount.value);
  }
  std::map<std::string, std::map<std::int64_t, std::vector<std::int64_t>>> periods;
  for (const PlainEvent& price : prices) periods[price.key][last_of_period(price.time, period)].push_back(price.value);
  std::multiset<std::string> lines;
  for (auto& [key, by_end] : periods) {
    for (auto& [end, values] : by_end) {
      const auto next = since[key].upper_bound(end);
      const std::int64_t discount = next == since[key].begin() ? 0 : std::prev(next)->second;
      for (std::int64_t& value : values) value -= discount;
      lines.insert(key + "\t" + std::to_string(end) + "\t" + in_order(values));
    }
  }
  return lines;
}

std::multiset<std::string> event_lines(const std::vector<PlainEvent>& events) {
  std::multiset<std::string> lines;
  for (const PlainEvent& event : events)
    lines.insert(std::to_string(event.time) + "\t" + event.key + "\t" + std::to_string(event.value));
  return lines;
}

}  // namespace weir::tests
