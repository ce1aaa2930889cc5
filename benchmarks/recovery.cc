#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include "weir/core/error.h"
#include "weir/host/real_host.h"
#include "weir/host/temporary_directory.h"
#include "weir/runtime/local_job.h"

#include "benchmarks/checkpointed.h"
#include "benchmarks/flags.h"
#include "benchmarks/keyed_updates.h"
#include "benchmarks/measure.h"
#include "benchmarks/settings.h"

namespace weir::benchmarks {
namespace {

using Clock = std::chrono::steady_clock;

/// A process that runs the job on a checkpoint directory until it is killed, and tells through a pipe: 'u' for its
/// first update, 'k' when all keys are there, 'c' for each completed checkpoint.
class JobProcess {
 public:
  JobProcess(const std::string& directory, std::uint64_t keys) {
    int ends[2];
    if (::pipe(ends) != 0) throw Error(Domain::kExternal, Retry::kNo, "no pipe");
    read_ = ends[0];
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(ends[0]);
      run(directory, keys, ends[1]);
      ::_exit(1);
    }
    ::close(ends[1]);
  }
  ~JobProcess() {
    if (pid_ > 0) kill();
    ::close(read_);
  }
  JobProcess(const JobProcess&) = delete;
  JobProcess& operator=(const JobProcess&) = delete;

  void wait_for(char told, int times = 1) {
    for (char byte = 0; times > 0;) {
      if (::read(read_, &byte, 1) != 1) throw Error(Domain::kInternal, Retry::kNo, "the job ended by itself");
      if (byte == told) --times;
    }
  }
  void kill() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  static void run(const std::string& directory, std::uint64_t keys, int tell) {
    const auto say = [tell](char what) {
      if (::write(tell, &what, 1) != 1) ::_exit(1);
    };
    host::RealHost host;
    KeyedUpdates updates;
    updates.keys = keys;
    // Many keys come as fast as they can.
    updates.updates_per_second = std::max(updates.updates_per_second, static_cast<double>(keys) / 4);
    bool told = false;
    updates.on_update = [&](std::uint64_t index) {
      if (!std::exchange(told, true)) say('u');
      if (index + 1 == keys) say('k');
    };
    runtime::JobOptions options;
    options.workers = 2;
    take_checkpoints(options, directory, Duration{1'000});
    options.log = [&](runtime::LogLevel, const std::string& line) {
      if (line.find("completed in") != std::string::npos) say('c');
    };
    std::promise<void> ended;
    runtime::LocalJob job(host, updates.graph(), options, [&](const runtime::JobResult&) { ended.set_value(); });
    job.start();
    ended.get_future().wait();
  }

  int read_ = -1;
  pid_t pid_ = 0;
};

/// Of all files below a directory.
std::uintmax_t bytes_below(const std::string& directory) {
  std::uintmax_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory))
    if (entry.is_regular_file()) bytes += entry.file_size();
  return bytes;
}

/// From SIGKILL to the first update of the process that goes on: reading the log, fetching and verifying files, loading
/// all keys into tables.
///
///   recovery [--rounds N] [--keys N]
int recovery(int argc, char** argv) {
  std::int64_t rounds = 5;
  std::int64_t keys = 1'000'000;
  const Flag flags[] = {{"--rounds", &rounds, 1, 1'000}, {"--keys", &keys, 1'000}};
  parse_flags(argc, argv, flags);
  fmt::print("recovery: {} keys, from kill -9 to the first new update, rounds {}\n", keys, rounds);
  const host::TemporaryDirectory directory;
  std::vector<double> times_ms;
  auto process = std::make_unique<JobProcess>(directory.path(), keys);
  process->wait_for('k');
  process->wait_for('c', 2);
  for (std::int64_t round = 0; round < rounds; ++round) {
    const Clock::time_point began = Clock::now();
    process->kill();
    process = std::make_unique<JobProcess>(directory.path(), keys);
    process->wait_for('u');
    times_ms.push_back(std::chrono::duration<double, std::milli>(Clock::now() - began).count());
    process->wait_for('c', 2);
  }
  process->kill();
  fmt::print("kill -9 to the first new update, ms: median {:.0f} of {}; the job has {:.0f} MB of files\n\n",
             median(times_ms), rounds, static_cast<double>(bytes_below(directory.path())) / 1e6);
  return 0;
}

}  // namespace
}  // namespace weir::benchmarks

int main(int argc, char** argv) { return weir::benchmarks::run_main(weir::benchmarks::recovery, argc, argv); }
