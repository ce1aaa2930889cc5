#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include "weir/core/error.h"
#include "weir/host/memory.h"
#include "weir/host/real_host.h"
#include "weir/host/temporary_directory.h"
#include "weir/runtime/job_status.h"
#include "weir/runtime/local_job.h"

#include "benchmarks/checkpointed.h"
#include "benchmarks/flags.h"
#include "benchmarks/keyed_updates.h"
#include "benchmarks/measure.h"
#include "benchmarks/settings.h"

namespace weir::benchmarks {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kUpdatesAMillisecond = 200;
constexpr char kInMemory = 'm';

/// A process that runs the job on a checkpoint directory until it is killed, and tells through a pipe: 'u' for its
/// first update, 'k' when all keys are there, 'c' for each completed checkpoint, 'm' when no key is on disk alone any
/// more, with the number of updates up to then.
///
/// Keys come as fast as they can; from then on as many are updated each second whatever their number.
class JobProcess {
 public:
  JobProcess(const std::string& directory, std::uint64_t keys, std::size_t memory) {
    int ends[2];
    if (::pipe(ends) != 0) throw Error(Domain::kExternal, Retry::kNo, "no pipe");
    read_ = ends[0];
    pid_ = ::fork();
    if (pid_ == 0) {
      ::close(ends[0]);
      run(directory, keys, memory, ends[1]);
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
      if (byte == kInMemory && ::read(read_, &updates_, sizeof(updates_)) != sizeof(updates_))
        throw Error(Domain::kInternal, Retry::kNo, "the job ended by itself");
      if (byte == told) --times;
    }
  }
  /// Up to the time when all was in memory.
  std::uint64_t updates() const { return updates_; }
  /// That it has taken up to now.
  double cpu_ms() const {
    clockid_t clock{};
    timespec taken{};
    if (::clock_getcpuclockid(pid_, &clock) != 0 || ::clock_gettime(clock, &taken) != 0) return 0;
    return static_cast<double>(taken.tv_sec) * 1e3 + static_cast<double>(taken.tv_nsec) / 1e6;
  }
  void kill() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  static void run(const std::string& directory, std::uint64_t keys, std::size_t memory, int tell) {
    const auto say = [tell](char what) {
      if (::write(tell, &what, 1) != 1) ::_exit(1);
    };
    if (memory > 0) host::keep_allocator_within(memory);
    host::RealHost host;
    KeyedUpdates updates;
    updates.keys = keys;
    updates.updates_per_second = 1e9;
    std::atomic<std::uint64_t> updated = 0;
    updates.on_update = [&](std::uint64_t index) {
      if (updated.fetch_add(1, std::memory_order_relaxed) == 0) say('u');
      if (index + 1 == keys) say('k');
    };
    updates.on_generate = [&](std::uint64_t index) {
      if (index >= keys && index % kUpdatesAMillisecond == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    };
    runtime::JobOptions options;
    options.workers = 2;
    take_checkpoints(options, directory, Duration{1'000});
    if (memory > 0) keep_within(options, memory);
    options.log = [&](runtime::LogLevel, const std::string& line) {
      if (line.find("completed in") != std::string::npos) say('c');
    };
    std::promise<void> ended;
    runtime::LocalJob job(host, updates.graph(), options, [&](const runtime::JobResult&) { ended.set_value(); });
    job.start();
    const std::future<void> end = ended.get_future();
    for (bool in_memory = false; end.wait_for(std::chrono::milliseconds(20)) == std::future_status::timeout;) {
      if (in_memory || updated == 0) continue;
      std::promise<bool> looked;
      host.post([&] { looked.set_value(all_in_memory(job.status())); });
      in_memory = looked.get_future().get();
      if (!in_memory) continue;
      const std::uint64_t so_far = updated;
      char message[1 + sizeof(so_far)] = {kInMemory};
      std::memcpy(message + 1, &so_far, sizeof(so_far));
      if (::write(tell, message, sizeof(message)) != sizeof(message)) ::_exit(1);
    }
  }

  static bool all_in_memory(const runtime::JobStatus& status) {
    std::uint64_t entries = 0;
    std::uint64_t cold = 0;
    for (const runtime::VertexStatus& vertex : status.vertices)
      for (const runtime::SubtaskStatus& subtask : vertex.subtasks)
        for (const runtime::OperatorMemory& memory : subtask.memory)
          for (const runtime::StateMemory& state : memory.states) {
            entries += state.entries;
            cold += state.entries_cold;
          }
    return entries > 0 && cold == 0;
  }

  std::uint64_t updates_ = 0;
  int read_ = -1;
  pid_t pid_ = 0;
};

/// Of all state files that checkpoints have below a directory.
std::uintmax_t state_bytes_below(const std::string& directory) {
  std::uintmax_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory))
    if (entry.is_regular_file() && entry.path().parent_path().filename() == "shared") bytes += entry.file_size();
  return bytes;
}

/// From SIGKILL to the first update of the process that goes on: reading the log, fetching and verifying files. Then,
/// without a limit, until all keys are in memory, and how many updates there are meanwhile.
///
///   recovery [--rounds N] [--keys N] [--memory MB]
int recovery(int argc, char** argv) {
  std::int64_t rounds = 5;
  std::int64_t keys = 1'000'000;
  std::int64_t memory_mb = 0;
  const Flag flags[] = {
      {"--rounds", &rounds, 1, 1'000}, {"--keys", &keys, 1'000}, {"--memory", &memory_mb, 0, 100'000}};
  parse_flags(argc, argv, flags);
  const std::size_t memory = static_cast<std::size_t>(memory_mb) * 1'000'000;
  fmt::print("recovery: {} keys, from kill -9 to the first new update, rounds {}, {}\n", keys, rounds,
             memory > 0 ? fmt::format("{} MB of memory", memory_mb) : "no limit");
  const host::TemporaryDirectory directory;
  std::vector<double> times_ms;
  std::vector<double> cpu_ms;
  std::vector<double> loaded_ms;
  std::vector<double> loaded_cpu_ms;
  std::vector<double> updates_per_second;
  auto process = std::make_unique<JobProcess>(directory.path(), keys, memory);
  process->wait_for('k');
  process->wait_for('c', 2);
  for (std::int64_t round = 0; round < rounds; ++round) {
    const Clock::time_point began = Clock::now();
    process->kill();
    process = std::make_unique<JobProcess>(directory.path(), keys, memory);
    process->wait_for('u');
    times_ms.push_back(std::chrono::duration<double, std::milli>(Clock::now() - began).count());
    cpu_ms.push_back(process->cpu_ms());
    if (memory == 0) {
      process->wait_for(kInMemory);
      const double ms = std::chrono::duration<double, std::milli>(Clock::now() - began).count();
      loaded_ms.push_back(ms);
      loaded_cpu_ms.push_back(process->cpu_ms());
      updates_per_second.push_back(static_cast<double>(process->updates()) / (ms - times_ms.back()) * 1e3);
    }
    if (round + 1 < rounds) process->wait_for('c', 2);
  }
  process->kill();
  fmt::print(
      "kill -9 to the first new update, ms: median {:.0f} of {}, {:.0f} of CPU; the job has {:.0f} MB of files\n",
      median(times_ms), rounds, median(cpu_ms), static_cast<double>(state_bytes_below(directory.path())) / 1e6);
  if (memory == 0)
    fmt::print("to all keys in memory, ms: median {:.0f}, {:.0f} of CPU; {:.0f} updates a second meanwhile\n",
               median(loaded_ms), median(loaded_cpu_ms), median(updates_per_second));
  fmt::print("\n");
  return 0;
}

}  // namespace
}  // namespace weir::benchmarks

int main(int argc, char** argv) { return weir::benchmarks::run_main(weir::benchmarks::recovery, argc, argv); }
