#include "recovery/window_reference.h"

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>
#include <utility>

namespace weir::tests {

namespace {

/// The numbers of events of each key.
std::map<std::string, std::vector<NumberedEvent>> by_key(const std::vector<NumberedEvent>& events) {
  std::map<std::string, std::vector<NumberedEvent>> keys;
  for (const NumberedEvent& event : events) keys[event.key].push_back(event);
  return keys;
}

std::map<std::string, std::vector<FiredWindow>> fired_by_key(const std::multiset<std::string>& lines) {
  std::map<std::string, std::vector<FiredWindow>> keys;
  for (const std::string& line : lines) {
    FiredWindow fired = fired_window_of(line);
    keys[fired.key].push_back(std::move(fired));
  }
  return keys;
}

}  // namespace

std::string line_of(const FiredWindow& fired) {
  std::string line = std::to_string(fired.start) + "\t" + std::to_string(fired.end) + "\t" + fired.key + "\t";
  for (const std::int64_t id : fired.ids) line += std::to_string(id) + ";";
  return line;
}

FiredWindow fired_window_of(const std::string& line) {
  FiredWindow fired;
  std::istringstream words(line);
  words >> fired.start >> fired.end >> fired.key;
  for (std::int64_t id = 0; words >> id;) {
    fired.ids.push_back(id);
    words.ignore(1);
  }
  return fired;
}

std::multiset<std::string> lines_of(const std::vector<FiredWindow>& windows) {
  std::multiset<std::string> lines;
  for (const FiredWindow& window : windows) lines.insert(line_of(window));
  return lines;
}

std::vector<FiredWindow> sessions(const std::vector<NumberedEvent>& events,
                                  const std::function<std::int64_t(const NumberedEvent&)>& gap) {
  std::vector<FiredWindow> all;
  for (auto& [key, of] : by_key(events)) {
    std::vector<NumberedEvent> sorted = of;
    std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.time < b.time; });
    std::optional<FiredWindow> session;
    for (const NumberedEvent& event : sorted) {
      if (session && session->end < event.time) all.push_back(*std::exchange(session, std::nullopt));
      if (!session) session = FiredWindow{event.time, event.time, key, {}};
      session->end = std::max(session->end, event.time + gap(event));
      session->ids.push_back(event.id);
    }
    if (session) all.push_back(*session);
  }
  for (FiredWindow& session : all) std::sort(session.ids.begin(), session.ids.end());
  return all;
}

std::vector<FiredWindow> tumbling_windows(const std::vector<NumberedEvent>& events, std::int64_t size) {
  std::map<std::pair<std::string, std::int64_t>, std::vector<std::int64_t>> windows;
  for (const NumberedEvent& event : events) {
    const std::int64_t start = event.time - (event.time % size + size) % size;
    windows[{event.key, start}].push_back(event.id);
  }
  std::vector<FiredWindow> all;
  for (const auto& [of, ids] : windows) all.push_back({of.second, of.second + size, of.first, ids});
  return all;
}

std::multiset<std::string> joined_lines(const std::vector<FiredWindow>& windows) {
  std::multiset<std::string> lines;
  for (const FiredWindow& window : windows)
    for (const std::int64_t left : window.ids)
      for (const std::int64_t right : window.ids)
        if (left % 2 == 0 && right % 2 != 0)
          lines.insert(window.key + " " + std::to_string(left) + " " + std::to_string(right));
  return lines;
}

std::string judge_exactly_once(const std::vector<NumberedEvent>& events, const std::multiset<std::string>& lines) {
  std::map<std::pair<std::string, std::int64_t>, int> told;
  for (const std::string& line : lines) {
    const FiredWindow fired = fired_window_of(line);
    for (const std::int64_t id : fired.ids) ++told[{fired.key, id}];
  }
  for (const NumberedEvent& event : events) {
    const auto found = told.find({event.key, event.id});
    const int times = found == told.end() ? 0 : found->second;
    if (times != 1)
      return "the event " + std::to_string(event.id) + " of " + event.key + " was told " + std::to_string(times) +
             " times";
    told.erase(found);
  }
  return told.empty() ? "" : "an event was told of " + told.begin()->first.first + " that was not its";
}

std::string judge_count_windows(const std::vector<NumberedEvent>& events, const std::multiset<std::string>& lines,
                                std::int64_t size, std::int64_t slide) {
  auto fired = fired_by_key(lines);
  for (const auto& [key, of] : by_key(events)) {
    const std::int64_t step = slide > 0 ? slide : size;
    std::multiset<std::int64_t> sizes;
    for (std::int64_t seen = step; seen <= static_cast<std::int64_t>(of.size()); seen += step)
      sizes.insert(std::min(size, seen));
    std::multiset<std::int64_t> found;
    std::map<std::int64_t, std::int64_t> told;
    for (const FiredWindow& window : fired[key]) {
      found.insert(static_cast<std::int64_t>(window.ids.size()));
      for (const std::int64_t id : window.ids) ++told[id];
    }
    if (found != sizes) return "the windows of " + key + " are not as many, or as large, as its events make";
    const std::int64_t most = slide > 0 ? (size + slide - 1) / slide : 1;
    for (const NumberedEvent& event : of) {
      if (told[event.id] > most)
        return "the event " + std::to_string(event.id) + " of " + key + " was told " + std::to_string(told[event.id]) +
               " times";
      told.erase(event.id);
    }
    if (!told.empty()) return "an event was told of " + key + " that was not its";
  }
  return "";
}

std::string judge_apart(const std::multiset<std::string>& lines) {
  for (auto& [key, windows] : fired_by_key(lines)) {
    std::vector<FiredWindow> sorted = windows;
    std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.start < b.start; });
    for (std::size_t i = 1; i < sorted.size(); ++i)
      if (sorted[i].start < sorted[i - 1].end)
        return "sessions of " + key + " that are one: '" + line_of(sorted[i - 1]) + "', '" + line_of(sorted[i]) + "'";
  }
  return "";
}

}  // namespace weir::tests
