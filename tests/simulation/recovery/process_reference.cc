#include "recovery/process_reference.h"

#include <algorithm>
#include <map>
#include <sstream>
#include <utility>

namespace weir::tests {

namespace {

/// The last millisecond of the period that a time lies in.
std::int64_t last_of_period(std::int64_t time, std::int64_t period) {
  std::int64_t since = time % period;
  if (since < 0) since += period;
  return time - since + period - 1;
}

std::string line(const std::string& what, const std::string& key, std::int64_t time, const std::string& rest) {
  return what + "\t" + key + "\t" + std::to_string(time) + "\t" + rest;
}

/// "values of the period in order;  their sum; and what was carried over".
std::string ledger_entry(const std::vector<std::int64_t>& values, std::int64_t sum, std::int64_t carried) {
  std::string text;
  for (const std::int64_t value : values) text += std::to_string(value) + ";";
  return text + "\t" + std::to_string(sum) + "\t" + std::to_string(carried);
}

}  // namespace

std::multiset<std::string> ledger_lines(std::vector<PlainEvent> events, std::int64_t period) {
  std::map<std::string, std::map<std::int64_t, std::vector<std::int64_t>>> periods;
  for (const PlainEvent& event : events) periods[event.key][last_of_period(event.time, period)].push_back(event.value);
  std::multiset<std::string> lines;
  for (auto& [key, by_end] : periods) {
    std::int64_t carried = 0;
    std::int64_t count = 0;
    for (auto& [end, values] : by_end) {
      std::sort(values.begin(), values.end());
      std::int64_t sum = 0;
      for (const std::int64_t value : values) sum += value;
      carried += sum;
      count += static_cast<std::int64_t>(values.size());
      lines.insert(line("period", key, end, ledger_entry(values, sum, carried)));
      if (count % 7 == 0) carried = count = 0;
      lines.insert(line("after", key, end + 1, std::to_string(carried)));
      if (sum % 2 != 0) lines.insert(line("far", key, end + 1'000'000'000, ""));
    }
  }
  return lines;
}

std::string judge_alarms(const std::vector<PlainEvent>& events, const std::multiset<std::string>& lines) {
  struct Timer {
    int set = 0;
    int taken_back = 0;
    int gone_off = 0;
  };
  std::map<std::pair<std::string, std::int64_t>, Timer> timers;
  std::map<std::string, int> answered;
  for (const std::string& text : lines) {
    std::istringstream words(text);
    std::string what;
    std::string key;
    std::int64_t time = 0;
    words >> what >> key >> time;
    Timer& timer = timers[{key, time}];
    if (what == "set" || what == "again" || what == "back" || what == "ended") ++answered[key];
    if (what == "set") ++timer.set;
    if (what == "back") ++timer.taken_back;
    if (what != "rang") continue;
    ++timer.gone_off;
    std::string at;
    words >> at;
    if (at != "end" && std::stoll(at) < time) return "a timer went off before its time: " + text;
  }
  for (const auto& [of, timer] : timers)
    if (timer.set != timer.taken_back + timer.gone_off)
      return "the timer of " + of.first + " for " + std::to_string(of.second) + " was set " +
             std::to_string(timer.set) + " times, taken back " + std::to_string(timer.taken_back) +
             " times and went off " + std::to_string(timer.gone_off) + " times";
  std::map<std::string, int> expected;
  for (const PlainEvent& event : events) ++expected[event.key];
  if (answered != expected) return "not every event has set a timer, once";
  return "";
}

}  // namespace weir::tests
