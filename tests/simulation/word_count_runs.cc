// Runs the event-time word count over random input in simulated worlds, and writes inputs and outputs to a file that
// tests/oracle/check_runs.py judges. What can be judged without a reference is judged here: nothing is lost or doubled,
// parallelism changes no result, one seed gives one run.
//
//   word_count_runs --out runs.txt --from 0 --to 500
//   word_count_runs --out run.txt --seed 17 --batch 7 --parallelism 2     repeats one run

#include <chrono>
#include <cstdio>
#include <iostream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "flag_number.h"
#include "kit/example_jobs.h"
#include "kit/sim_job.h"
#include "kit/word_count_case.h"
#include "runs_file.h"

namespace weir::tests {
namespace {

/// Every so many seeds run twice.
constexpr std::uint64_t kRepeatOneIn = 20;

struct Options {
  std::string out;
  std::uint64_t from = 0;
  std::uint64_t to = 500;
  std::vector<std::size_t> batches{1, 7, 1024};
  std::vector<std::uint32_t> parallelisms{1, 2, 4};
};

struct Output {
  std::map<std::string, std::string> results;
  std::map<std::string, std::string> late;
  runtime::JobProgress progress;
  std::uint64_t trace = 0;
};

Options parse(const std::vector<std::string>& words) {
  Options options;
  for (std::size_t i = 0; i + 1 < words.size(); i += 2) {
    const std::string& name = words[i];
    const std::string& value = words[i + 1];
    if (name == "--out") {
      options.out = value;
    } else if (name == "--from") {
      options.from = number(value);
    } else if (name == "--to") {
      options.to = number(value);
    } else if (name == "--seed") {
      options.from = number(value);
      options.to = options.from + 1;
    } else if (name == "--batch") {
      options.batches = {number(value)};
    } else if (name == "--parallelism") {
      options.parallelisms = {static_cast<std::uint32_t>(number(value))};
    } else {
      throw UsageError("unknown flag " + name);
    }
  }
  if (words.size() % 2 != 0 || options.out.empty()) throw UsageError("flags come with values, and --out is needed");
  return options;
}

std::map<std::string, std::string> files_in(sim::World& world, const std::string& directory) {
  std::map<std::string, std::string> files;
  for (const std::string& path : world.disk().list_recursive(directory))
    files[path.substr(directory.size() + 1)] = world.disk().read_file(path);
  return files;
}

Output run_once(const WordCountCase& of, std::size_t batch_size, std::uint32_t parallelism) {
  sim::World world(of.seed);
  for (const auto& [name, bytes] : of.files) world.disk().write_file("/in/" + name, bytes);
  SimOptions options;
  options.batch_size = batch_size;
  options.parallelism = parallelism;
  options.workers = static_cast<std::uint32_t>(1 + of.seed % 3);
  options.channel_batches = 2 + of.seed % 7;
  options.pre_aggregate = of.seed % 4 != 0;
  options.arguments = of.arguments();
  Output output;
  {
    SimJob job(world, event_time_word_count, options);
    const runtime::JobResult& result = job.run();
    if (result.state != runtime::JobResult::State::kFinished)
      throw Error(Domain::kInternal, Retry::kNo, "the job did not finish: " + result.message);
    output.progress = job.job().progress();
  }
  output.results = files_in(world, "/out");
  output.late = files_in(world, "/late");
  output.trace = world.trace_hash();
  if (world.disk().open_files() > 0) throw Error(Domain::kInternal, Retry::kNo, "the job left files open");
  return output;
}

std::multiset<std::string> lines_of(const std::map<std::string, std::string>& files) {
  std::multiset<std::string> lines;
  for (const auto& [name, bytes] : files) {
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t end = bytes.find('\n', at);
      lines.insert(bytes.substr(at, end - at));
      at = end + 1;
    }
  }
  return lines;
}

/// What is wrong with a run, apart from what only a reference can tell; empty: nothing.
std::string fault_of(const WordCountCase& of, const Output& output) {
  for (const auto* files : {&output.results, &output.late}) {
    for (const auto& [name, bytes] : *files)
      if (!name.starts_with("part-") || !bytes.ends_with('\n'))
        return "the output holds a file that is no part: " + name;
  }
  const std::uint64_t late = lines_of(output.late).size();
  if (output.progress.late != late)
    return fmt::format("{} records were counted as late, but {} written", output.progress.late, late);
  if (output.progress.records_in != of.records)
    return fmt::format("{} records were read of {}", output.progress.records_in, of.records);
  if (!of.tumbling() || of.lateness > 0) return "";
  std::uint64_t counted = 0;
  for (const std::string& line : lines_of(output.results)) counted += number(line.substr(line.rfind('\t') + 1));
  if (counted + late != of.records)
    return fmt::format("of {} records {} were counted and {} were late", of.records, counted, late);
  return "";
}

class Runs {
 public:
  explicit Runs(const Options& options) : options_(options), file_(options.out) {}

  /// Whether nothing was wrong.
  bool run() {
    const auto began = std::chrono::steady_clock::now();
    for (std::uint64_t seed = options_.from; seed < options_.to; ++seed) run_case(draw_word_count_case(seed));
    file_.close();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    fmt::print(
        "{} seeds, {} runs of {} records, {} of them late; {} runs repeated; {:.1f} s, {:.0f} seeds per second\n",
        options_.to - options_.from, runs_, records_, late_, repeated_, took.count(),
        static_cast<double>(options_.to - options_.from) / took.count());
    return faults_ == 0;
  }

 private:
  void run_case(const WordCountCase& of) {
    file_.begin_case(of);
    std::optional<std::multiset<std::string>> first;
    for (const std::size_t batch : options_.batches) {
      for (const std::uint32_t parallelism : options_.parallelisms) {
        ++runs_;
        try {
          const Output output = run_once(of, batch, parallelism);
          file_.begin_run(batch, parallelism);
          file_.add("output", output.results);
          file_.add("late", output.late);
          records_ += of.records;
          late_ += output.progress.late;
          judge(of, batch, parallelism, output, first);
        } catch (const std::exception& error) {
          report(of, batch, parallelism, error.what());
        }
      }
    }
  }

  void judge(const WordCountCase& of, std::size_t batch, std::uint32_t parallelism, const Output& output,
             std::optional<std::multiset<std::string>>& first) {
    if (const std::string fault = fault_of(of, output); !fault.empty()) report(of, batch, parallelism, fault);
    if (of.tumbling() && of.lateness == 0 && output.progress.late == 0) {
      const auto lines = lines_of(output.results);
      if (!first) first = lines;
      if (*first != lines)
        report(of, batch, parallelism, "without late records results differ from those of other runs");
    }
    if (of.seed % kRepeatOneIn != 0) return;
    ++repeated_;
    const Output again = run_once(of, batch, parallelism);
    if (again.trace != output.trace || again.results != output.results || again.late != output.late)
      report(of, batch, parallelism, "the same seed gave another run");
  }

  void report(const WordCountCase& of, std::size_t batch, std::uint32_t parallelism, const std::string& fault) {
    ++faults_;
    std::cerr << fmt::format(
        "seed {}, batches of {}, parallelism {}: {}\n  again: word_count_runs --out run.txt --seed {} --batch {} "
        "--parallelism {}\n",
        of.seed, batch, parallelism, fault, of.seed, batch, parallelism);
  }

  const Options options_;
  RunsFile file_;
  std::uint64_t runs_ = 0;
  std::uint64_t records_ = 0;
  std::uint64_t late_ = 0;
  std::uint64_t repeated_ = 0;
  std::uint64_t faults_ = 0;
};

}  // namespace
}  // namespace weir::tests

int main(int argc, char** argv) {
  try {
    return weir::tests::Runs(weir::tests::parse({argv + 1, argv + argc})).run() ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << "word_count_runs: " << error.what() << '\n';
    return 2;
  }
}
