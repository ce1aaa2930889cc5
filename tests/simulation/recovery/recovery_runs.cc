// Jobs with checkpoints in simulated worlds, killed and disturbed by the plan of a seed, until they have finished.
//
//   recovery_runs --seeds 2000 --from 0 --out runs.txt    random jobs and plans
//   recovery_runs --crash-points                          every crash point, before and after, with and without power
//   recovery_runs --from 17 --verbose                     one seed
//   recovery_runs --from 17 --undisturbed                 the same job, left alone
//   recovery_runs --from 17 --crash-point "checkpoint: aligned" --nth 2 --side after --power
//
// Output is judged at once as far as that needs no reference; what the shipped word count wrote goes to --out, for
// tests/oracle/check_runs.py. Every crash point must have been hit. One seed in 20 runs twice and must run alike.

#include <chrono>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "weir/core/crash_points.h"
#include "weir/core/error.h"

#include "flag_number.h"
#include "recovery/fault_plan.h"
#include "recovery/ordeal.h"
#include "recovery/recovery_case.h"
#include "runs_file.h"

namespace weir::tests {
namespace {

/// Every so many seeds run twice.
constexpr std::uint64_t kRepeatOneIn = 20;
/// A crash point is looked for in so many jobs, from the first seed on.
constexpr std::uint64_t kSeedsForPoint = 40;

struct Options {
  std::string out;
  std::uint64_t from = 0;
  std::uint64_t seeds = 1;
  bool all_points = false;
  std::optional<std::string> point;
  std::uint64_t nth = 1;
  sim::Side side = sim::Side::kBefore;
  bool power = false;
  bool recovering = false;
  bool undisturbed = false;
  bool verbose = false;
};

Options parse(const std::vector<std::string>& words) {
  Options options;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& name = words[i];
    const auto value = [&]() -> const std::string& {
      if (++i == words.size()) throw UsageError(name + " needs a value");
      return words[i];
    };
    if (name == "--out") {
      options.out = value();
    } else if (name == "--from") {
      options.from = number(value());
    } else if (name == "--seeds") {
      options.seeds = number(value());
    } else if (name == "--crash-points") {
      options.all_points = true;
    } else if (name == "--crash-point") {
      options.point = value();
    } else if (name == "--nth") {
      options.nth = number(value());
    } else if (name == "--side") {
      options.side = value() == "after" ? sim::Side::kAfter : sim::Side::kBefore;
    } else if (name == "--power") {
      options.power = true;
    } else if (name == "--recovering") {
      options.recovering = true;
    } else if (name == "--undisturbed") {
      options.undisturbed = true;
    } else if (name == "--verbose") {
      options.verbose = true;
    } else {
      throw UsageError("unknown flag " + name);
    }
  }
  return options;
}

class Runs {
 public:
  explicit Runs(Options options) : options_(std::move(options)) {
    if (!options_.out.empty()) file_.emplace(options_.out);
  }

  /// Whether nothing was wrong.
  bool run() {
    const auto began = std::chrono::steady_clock::now();
    if (options_.all_points) {
      run_all_points();
    } else {
      for (std::uint64_t seed = options_.from; seed < options_.from + options_.seeds; ++seed) run_seed(seed);
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    if (file_) file_->close();
    if (options_.all_points || options_.seeds >= kSeedsForPoint) report_crash_points();
    fmt::print(
        "{} runs: {} kills, {} of them with the power lost, {} cancelled jobs, {} rescaled jobs, {} failed processes, "
        "{} restarted "
        "attempts, {} directories searched, {} events; {} runs repeated; {:.1f} s, {:.0f} seeds per second\n",
        runs_, kills_, power_losses_, cancels_, rescales_, failures_, restarts_, looks_, events_, repeated_,
        took.count(), static_cast<double>(runs_) / took.count());
    return faults_ == 0;
  }

 private:
  void run_seed(std::uint64_t seed) {
    const RecoveryCase of = draw_recovery_case(seed);
    const FaultPlan plan = choose_plan(seed);
    const Ordeal ordeal = run_one(of, plan);
    if (seed % kRepeatOneIn == 0) {
      ++repeated_;
      const Ordeal again = live_through(of, plan);
      if (again.trace != ordeal.trace || again.output != ordeal.output)
        report(of, plan, "the same seed gave another run");
    }
  }

  FaultPlan choose_plan(std::uint64_t seed) const {
    if (options_.undisturbed) return {};
    return options_.point ? plan_of_options() : draw_fault_plan(seed);
  }

  FaultPlan plan_of_options() const {
    return plan_for(*options_.point, options_.nth, options_.side, options_.power, options_.recovering);
  }

  void run_all_points() {
    for (const std::string_view point : kCrashPoints) {
      options_.point = point;
      for (const sim::Side side : {sim::Side::kBefore, sim::Side::kAfter}) {
        options_.side = side;
        for (const bool power : {false, true}) {
          options_.power = power;
          run_point();
        }
      }
    }
  }

  /// Looks for jobs that come to the point, and so die there: in their first life and while they recover, at its first
  /// hit and at a later one. Not every point has all of these.
  void run_point() {
    bool reached = false;
    for (const bool recovering : {false, true}) {
      options_.recovering = recovering;
      for (options_.nth = 1; options_.nth <= 2; ++options_.nth) reached |= dies_at_point();
    }
    if (reached) return;
    ++faults_;
    std::cerr << fmt::format("no job of {} seeds came to '{}'\n", kSeedsForPoint, *options_.point);
  }

  bool dies_at_point() {
    const FaultPlan plan = plan_of_options();
    for (std::uint64_t seed = options_.from; seed < options_.from + kSeedsForPoint; ++seed)
      if (run_one(draw_recovery_case(seed), plan).kills == plan.kills.size()) return true;
    return false;
  }

  Ordeal run_one(const RecoveryCase& of, const FaultPlan& plan) {
    if (options_.verbose) fmt::print("seed {}: {}: {}\n", of.seed, of.kind, plan.describe());
    std::function<void(const std::string&)> tell;
    if (options_.verbose) tell = [](const std::string& line) { fmt::print("  {}\n", line); };
    Ordeal ordeal = live_through(of, plan, tell);
    ++runs_;
    kills_ += ordeal.kills;
    power_losses_ += ordeal.power_losses;
    cancels_ += ordeal.cancels;
    rescales_ += ordeal.rescales;
    looks_ += ordeal.looks;
    failures_ += ordeal.failures;
    restarts_ += ordeal.restarts;
    events_ += ordeal.events;
    for (const auto& [name, hits] : ordeal.crash_points) hits_[name] += hits;
    if (!ordeal.fault.empty()) {
      report(of, plan, ordeal.fault);
    } else if (file_ && of.kind == "word count") {
      write(of.word_count, ordeal.output);
    }
    return ordeal;
  }

  void report(const RecoveryCase& of, const FaultPlan& plan, const std::string& fault) {
    ++faults_;
    std::string again = fmt::format("./dev sim --seeds 1 --from {}", of.seed);
    if (options_.point) {
      again += fmt::format(" --crash-point '{}' --nth {} --side {}{}{}", *options_.point, options_.nth,
                           options_.side == sim::Side::kBefore ? "before" : "after", options_.power ? " --power" : "",
                           options_.recovering ? " --recovering" : "");
    }
    std::cerr << fmt::format("seed {}, {}, {}: {}\n  again: {}\n", of.seed, of.kind, plan.describe(), fault, again);
  }

  void report_crash_points() {
    for (const std::string_view point : kCrashPoints) {
      const auto found = hits_.find(point);
      const std::uint64_t hits = found == hits_.end() ? 0 : found->second;
      fmt::print("{:>9} hits of '{}'\n", hits, point);
      if (hits > 0) continue;
      ++faults_;
      std::cerr << fmt::format("the crash point '{}' was never hit\n", point);
    }
  }

  void write(const WordCountCase& of, const RecoveryCase::Files& output) {
    file_->begin_case(of);
    file_->begin_run(0, 0);
    for (const auto& [path, bytes] : output) {
      const bool late = path.starts_with("/late/");
      file_->add(late ? "late" : "output", path.substr(path.rfind('/') + 1), bytes);
    }
  }

  Options options_;
  std::optional<RunsFile> file_;
  std::uint64_t runs_ = 0;
  std::uint64_t kills_ = 0;
  std::uint64_t power_losses_ = 0;
  std::uint64_t cancels_ = 0;
  std::uint64_t rescales_ = 0;
  std::uint64_t looks_ = 0;
  std::uint64_t failures_ = 0;
  std::uint64_t restarts_ = 0;
  std::uint64_t events_ = 0;
  std::uint64_t repeated_ = 0;
  std::uint64_t faults_ = 0;
  std::map<std::string, std::uint64_t, std::less<>> hits_;
};

}  // namespace
}  // namespace weir::tests

int main(int argc, char** argv) {
  try {
    return weir::tests::Runs(weir::tests::parse({argv + 1, argv + argc})).run() ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << "recovery_runs: " << error.what() << '\n';
    return 2;
  }
}
