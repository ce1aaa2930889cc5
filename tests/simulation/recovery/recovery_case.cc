#include "recovery/recovery_case.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <vector>

#include <fmt/format.h>

#include "weir/core/error.h"

#include "kit/example_jobs.h"

namespace weir::tests {

namespace {

std::string judge_word_count(const WordCountCase& of, const RecoveryCase::Files& output) {
  if (!of.tumbling() || of.lateness > 0) return "";
  std::uint64_t counted = 0;
  for (const std::string& line : lines_below(output, "/out")) {
    std::uint64_t count = 0;
    const std::size_t tab = line.rfind('\t');
    std::from_chars(line.data() + tab + 1, line.data() + line.size(), count);
    counted += count;
  }
  const std::uint64_t late = lines_below(output, "/late").size();
  if (counted + late == of.records) return "";
  return fmt::format("of {} records {} were counted and {} were late", of.records, counted, late);
}

}  // namespace

std::multiset<std::string> lines_below(const std::map<std::string, std::string>& files, const std::string& directory) {
  std::multiset<std::string> lines;
  for (const auto& [path, bytes] : files) {
    if (!path.starts_with(directory + "/")) continue;
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t end = bytes.find('\n', at);
      lines.insert(bytes.substr(at, end - at));
      at = end == std::string::npos ? bytes.size() : end + 1;
    }
  }
  return lines;
}

std::string first_difference(const std::multiset<std::string>& found, const std::multiset<std::string>& right) {
  std::vector<std::string> missing;
  std::vector<std::string> extra;
  std::set_difference(right.begin(), right.end(), found.begin(), found.end(), std::back_inserter(missing));
  std::set_difference(found.begin(), found.end(), right.begin(), right.end(), std::back_inserter(extra));
  if (missing.empty() && extra.empty()) return "";
  return fmt::format("{} lines are missing{}, {} are too many{}", missing.size(),
                     missing.empty() ? "" : " ('" + missing.front() + "')", extra.size(),
                     extra.empty() ? "" : " ('" + extra.front() + "')");
}

RecoveryCase draw_word_count(std::uint64_t seed) {
  RecoveryCase of;
  of.seed = seed;
  of.kind = "word count";
  of.word_count = draw_word_count_case(seed);
  for (const auto& [name, bytes] : of.word_count.files) of.input.emplace("/in/" + name, bytes);
  of.outputs = {"/out", "/late"};
  of.arguments = of.word_count.arguments();
  of.job = [](Environment& env, const std::shared_ptr<Failures>&) { event_time_word_count(env); };
  of.judge = [word_count = of.word_count](const RecoveryCase::Files& output) {
    return judge_word_count(word_count, output);
  };
  return of;
}

RecoveryCase draw_recovery_case(std::uint64_t seed) {
  switch (seed % 11) {
    case 0:
    case 1:
      return draw_word_count(seed);
    case 2:
      return draw_processing_time(seed);
    case 3:
      return draw_process_functions(seed);
    case 4:
      return draw_windows(seed);
    case 5:
      return draw_connected_streams(seed);
    case 6:
      return draw_broadcast_state(seed);
    case 7:
      return draw_operator_state(seed);
    default:
      return draw_random_graph(seed);
  }
}

}  // namespace weir::tests
