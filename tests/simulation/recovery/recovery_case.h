#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "weir/stream/environment.h"

#include "kit/word_count_case.h"

namespace weir::tests {

/// Every line of all files of a directory.
std::multiset<std::string> lines_below(const std::map<std::string, std::string>& files, const std::string& directory);

/// How two multisets of lines differ, with an example; empty: they do not.
std::string first_difference(const std::multiset<std::string>& found, const std::multiset<std::string>& right);

/// User code that fails at given calls, counted over all attempts and processes.
class Failures {
 public:
  explicit Failures(std::set<std::uint64_t> calls) : calls_(std::move(calls)) {}

  void pass() {
    if (calls_.erase(++passed_) > 0) throw std::runtime_error(fmt::format("failure on purpose at call {}", passed_));
  }

 private:
  std::set<std::uint64_t> calls_;
  std::uint64_t passed_ = 0;
};

/// A job, its input, and how its output is judged.
struct RecoveryCase {
  using Files = std::map<std::string, std::string>;  ///< path to bytes

  std::uint64_t seed = 0;
  std::string kind;
  Files input;
  std::vector<std::string> outputs;  ///< directories
  std::vector<std::string> arguments;
  bool drain = false;
  /// What is run. User code in it calls `failures`, if there is any of ours.
  std::function<void(Environment&, std::shared_ptr<Failures>)> job;
  /// What is wrong with the output; empty: nothing.
  std::function<std::string(const Files& output)> judge;
  /// The case itself, for those that the reference interpreter judges.
  WordCountCase word_count;
};

/// The shipped event-time word count. What can be told without a reference is judged here.
RecoveryCase draw_word_count(std::uint64_t seed);

/// A random graph in event time without late records: its output must be that of a run without kills or checkpoints.
RecoveryCase draw_random_graph(std::uint64_t seed);

/// Windows in processing time: every record is counted in as many windows as there are over it, and no window fires
/// twice.
RecoveryCase draw_processing_time(std::uint64_t seed);

/// Process functions with values, lists, maps and timers in both domains: what they tell must be what a model of them
/// says that shares nothing with the engine.
RecoveryCase draw_process_functions(std::uint64_t seed);

/// Sessions, count windows, and windows that fire by triggers: sessions must be what a model of them says; where
/// results depend on when watermarks and clocks come, every event must be told exactly once.
RecoveryCase draw_windows(std::uint64_t seed);

/// Two inputs of different types in one operator: co-flat-map, co-process and interval join. What they tell must be
/// what models of them say that share nothing with the engine. So with those that follow.
RecoveryCase draw_connected_streams(std::uint64_t seed);

/// Events, and a broadcast state that all their keys go by.
RecoveryCase draw_broadcast_state(std::uint64_t seed);

/// Functions with list state of their subtasks, shared out and united.
RecoveryCase draw_operator_state(std::uint64_t seed);

/// One of these, by the seed.
RecoveryCase draw_recovery_case(std::uint64_t seed);

}  // namespace weir::tests
