#include "recovery/process_reference.h"

#include <algorithm>
#include <iterator>
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

/// What is told of a key's past that is forgotten: of all its periods so far, by their ends, with their sums.
class Past {
 public:
  explicit Past(std::int64_t period) : period_(period) {}

  /// "how many periods in a row; the sum of the last three; since when sums of this kind have been seen without two
  /// periods between; how many kinds have been seen in this period or the last".
  std::string tell(std::int64_t end, std::int64_t sum) {
    sums_[end] = sum;
    std::int64_t in_a_row = 1;
    while (sums_.contains(end - in_a_row * period_)) ++in_a_row;
    std::int64_t recent = 0;
    std::set<std::int64_t> kinds;
    std::int64_t since = end;
    for (auto it = sums_.rbegin(); it != sums_.rend(); ++it) {
      const auto& [then, that] = *it;
      if (then > end - 3 * period_) recent += that;
      if (then > end - 2 * period_) kinds.insert(that % 3);
      if (that % 3 == sum % 3 && then > since - 2 * period_) since = then;
    }
    return std::to_string(in_a_row) + "\t" + std::to_string(recent) + "\t" + std::to_string(since) + "\t" +
           std::to_string(kinds.size());
  }

 private:
  std::int64_t period_;
  std::map<std::int64_t, std::int64_t> sums_;
};

}  // namespace

std::multiset<std::string> ledger_lines(std::vector<PlainEvent> events, std::int64_t period) {
  std::map<std::string, std::map<std::int64_t, std::vector<std::int64_t>>> periods;
  for (const PlainEvent& event : events) periods[event.key][last_of_period(event.time, period)].push_back(event.value);
  std::multiset<std::string> lines;
  for (auto& [key, by_end] : periods) {
    std::int64_t carried = 0;
    std::int64_t count = 0;
    Past past(period);
    for (auto& [end, values] : by_end) {
      std::sort(values.begin(), values.end());
      std::int64_t sum = 0;
      for (const std::int64_t value : values) sum += value;
      carried += sum;
      count += static_cast<std::int64_t>(values.size());
      lines.insert(line("period", key, end, ledger_entry(values, sum, carried) + "\t" + past.tell(end, sum)));
      if (count % 7 == 0) carried = count = 0;
      lines.insert(line("after", key, end + 1, std::to_string(carried)));
      if (sum % 2 != 0) lines.insert(line("far", key, end + 1'000'000'000, ""));
    }
  }
  return lines;
}

namespace {

/// What is wrong with what the alarms tell of the time when a key came first, forgotten `forgotten_after` ms later.
std::string judge_firsts(const std::vector<PlainEvent>& events, const std::multiset<std::string>& lines,
                         std::int64_t forgotten_after) {
  std::map<std::string, std::set<std::int64_t>> firsts;
  std::map<std::string, int> told;
  std::map<std::string, int> expected;
  for (const PlainEvent& event : events) ++expected[event.key];
  for (const std::string& text : lines) {
    std::istringstream words(text);
    std::string what;
    std::string key;
    std::int64_t first = 0;
    std::int64_t now = 0;
    words >> what >> key >> first >> now;
    if (what != "first" && what != "since") continue;
    ++told[key];
    if (now < first || now >= first + forgotten_after) return "that is forgotten, or to come: " + text;
    if (what == "first" && !firsts[key].insert(first).second) return "that is known already: " + text;
  }
  for (const std::string& text : lines) {
    std::istringstream words(text);
    std::string what;
    std::string key;
    std::int64_t first = 0;
    words >> what >> key >> first;
    if (what == "since" && !firsts[key].contains(first)) return "that nobody came first: " + text;
  }
  for (const auto& [key, times] : firsts)
    for (auto time = times.begin(); time != times.end() && std::next(time) != times.end(); ++time)
      if (*std::next(time) < *time + forgotten_after)
        return key + " was forgotten too early, at " + std::to_string(*time);
  return told == expected ? "" : "not every event has told when its key came first, once";
}

}  // namespace

std::string judge_alarms(const std::vector<PlainEvent>& events, const std::multiset<std::string>& lines,
                         std::int64_t forgotten_after) {
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
    if (what == "first" || what == "since") continue;
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
  return judge_firsts(events, lines, forgotten_after);
}

}  // namespace weir::tests
