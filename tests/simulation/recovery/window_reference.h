#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

// What the windows of window_jobs.cc must deliver, told in plain C++: nothing of the engine is used here.

namespace weir::tests {

/// An event that can be told from all others.
struct NumberedEvent {
  std::int64_t time = 0;  ///< ms
  std::string key;
  std::int64_t id = 0;
};

/// A window with what was in it when it fired.
struct FiredWindow {
  std::int64_t start = 0;
  std::int64_t end = 0;
  std::string key;
  std::vector<std::int64_t> ids;  ///< in order of their being told
};

/// "start<TAB>end<TAB>key<TAB>id;id;"
std::string line_of(const FiredWindow& fired);
FiredWindow fired_window_of(const std::string& line);

std::multiset<std::string> lines_of(const std::vector<FiredWindow>& windows);

/// All sessions, when no event is late; ids ascending. `gap` of an event, in ms.
std::vector<FiredWindow> sessions(const std::vector<NumberedEvent>& events,
                                  const std::function<std::int64_t(const NumberedEvent&)>& gap);

/// The same of tumbling windows.
std::vector<FiredWindow> tumbling_windows(const std::vector<NumberedEvent>& events, std::int64_t size);

/// "key even odd" for each pair of an even and an odd number in a window.
std::multiset<std::string> joined_lines(const std::vector<FiredWindow>& windows);

/// What is wrong if each event must have been told exactly once, in windows of its key; empty: nothing.
std::string judge_exactly_once(const std::vector<NumberedEvent>& events, const std::multiset<std::string>& lines);

/// What is wrong if windows of `size` events fire at every `slide` events of a key. Each result holds the last `size`
/// of the events so far at most; without `slide`, those that were in none before.
std::string judge_count_windows(const std::vector<NumberedEvent>& events, const std::multiset<std::string>& lines,
                                std::int64_t size, std::int64_t slide);

/// What is wrong if the windows of each key must not overlap.
std::string judge_apart(const std::multiset<std::string>& lines);

}  // namespace weir::tests
