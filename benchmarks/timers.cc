// Timers of many keys, in event time: what setting, taking back and firing one costs, what they take in memory, and how
// long a job needs to go on with them from a checkpoint.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "weir/core/check.h"
#include "weir/core/sink.h"
#include "weir/host/memory.h"
#include "weir/host/real_host.h"
#include "weir/host/temporary_directory.h"
#include "weir/runtime/local_job.h"
#include "weir/weir.h"

#include "benchmarks/checkpointed.h"
#include "benchmarks/flags.h"
#include "benchmarks/settings.h"

namespace weir::benchmarks {
namespace {

constexpr Timestamp kBegin = timestamp_ms(1'000'000);

struct Setting {
  std::uint64_t timers = 10'000'000;  ///< one for each key
  std::uint64_t per_ms = 10;          ///< timers for the same millisecond, on average
  std::size_t memory = 0;             ///< 0: no limit
  bool checkpoints = false;

  std::uint64_t few() const { return timers / 10; }
  Duration spread() const { return Duration(static_cast<std::int64_t>(timers / per_ms)); }
  Timestamp end() const { return kBegin + spread() + Duration(1'000); }
};

std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

/// What records do, one phase after the other.
enum class Phase : std::uint8_t {
  kNothing,  ///< pass by: what a record costs without a timer
  kSet,      ///< set the timer of each key
  kCancel,   ///< take back that of each tenth key
  kMove,     ///< take back that of another tenth and set one for another time
  kTail,     ///< wait
};
constexpr std::size_t kPhases = 5;

struct Action {
  Phase phase;
  std::uint64_t index;  ///< within the phase
  std::uint64_t key;
  Timestamp time;
};

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t pages = 0;
  std::size_t resident = 0;
  file >> pages >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

/// The most since the last call.
double most_resident_mb() {
  std::ifstream status("/proc/self/status");
  std::string word;
  double kilobytes = 0;
  while (status >> word && word != "VmHWM:") {
  }
  status >> kilobytes;
  std::ofstream("/proc/self/clear_refs") << 5;
  return kilobytes / 1e3;
}

/// What is seen of a job. Written by its task; `released` by the benchmark.
struct Course {
  explicit Course(const Setting& of) : setting(of), begun(kPhases, 0.0) {}

  Setting setting;
  std::atomic<bool> released{false};  ///< event time passes all timers
  std::vector<double> begun;          ///< CPU seconds at which each phase began
  std::size_t resident = 0;           ///< when all timers were set
  bool any = false;
  std::promise<void> first;  ///< a record was handled
  std::promise<void> tail;   ///< all but waiting is done
  std::promise<void> all_fired;
  double fire_begin = 0;
  double fire_end = 0;
  double fire_begin_wall = 0;
  double fire_end_wall = 0;
  std::uint64_t fired = 0;
  Timestamp last_fired = Timestamp::min();
};

Action action_at(const Course& course, std::uint64_t index) {
  const Setting& setting = course.setting;
  const std::uint64_t few = setting.few();
  if (index < few) return {Phase::kNothing, index, index, timestamp_ms(0)};
  index -= few;
  if (index < setting.timers) return {Phase::kSet, index, index, timestamp_ms(0)};
  index -= setting.timers;
  if (index < few) return {Phase::kCancel, index, index * 10, timestamp_ms(0)};
  index -= few;
  if (index < few) return {Phase::kMove, index, index * 10 + 1, timestamp_ms(0)};
  index -= few;
  if (index % 1'024 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return {Phase::kTail, index, index, course.released ? setting.end() : timestamp_ms(0)};
}

struct Alarms {
  std::shared_ptr<Course> course;

  void process_element(const Action& action, ProcessContext<std::uint64_t>& context, Out<std::uint64_t>&) {
    if (!std::exchange(course->any, true)) course->first.set_value();
    if (action.index == 0) begin(action.phase);
    const Timestamp time = time_of(action.key);
    switch (action.phase) {
      case Phase::kSet:
        WEIR_CHECK(context.set_event_timer(time));
        break;
      case Phase::kCancel:
        WEIR_CHECK(context.cancel_event_timer(time));
        break;
      case Phase::kMove:
        WEIR_CHECK(context.cancel_event_timer(time));
        WEIR_CHECK(context.set_event_timer(time + Duration{501}));
        break;
      case Phase::kNothing:
      case Phase::kTail:
        break;
    }
  }

  void on_timer(Timestamp time, ProcessContext<std::uint64_t>& context, Out<std::uint64_t>&) {
    Course& of = *course;
    if (of.fired++ == 0) {
      of.fire_begin = cpu_seconds();
      of.fire_begin_wall = wall_seconds();
    }
    const std::uint64_t tenth = context.key() % 10;
    WEIR_CHECK(tenth != 0 && time == time_of(context.key()) + Duration{tenth == 1 ? 501 : 0}, context.key());
    WEIR_CHECK(time >= of.last_fired);
    of.last_fired = time;
    if (of.fired != of.setting.timers - of.setting.few()) return;
    of.fire_end = cpu_seconds();
    of.fire_end_wall = wall_seconds();
    of.all_fired.set_value();
  }

 private:
  Timestamp time_of(std::uint64_t key) const {
    const auto spread = static_cast<std::uint64_t>(course->setting.spread().count());
    return kBegin + Duration(static_cast<std::int64_t>(mix(key) % spread));
  }

  void begin(Phase phase) {
    course->begun[static_cast<std::size_t>(phase)] = cpu_seconds();
    if (phase == Phase::kCancel) course->resident = resident_bytes();
    if (phase == Phase::kTail) course->tail.set_value();
  }
};

class DiscardSink final : public Sink {
 public:
  std::unique_ptr<SinkWriter> make_writer() const override { return std::make_unique<Writer>(); }

 private:
  class Writer final : public SinkWriter {
   public:
    void open(const OperatorContext&) override {}
    Progress write(BatchBase& batch, std::size_t) override { return {batch.size(), Stop::kDone}; }
  };
};

/// A job that runs until it is destroyed.
class TimersJob {
 public:
  TimersJob(const std::shared_ptr<Course>& course, const std::string& directory)
      : job_(host_, graph(course), options(course->setting, directory),
             [this](runtime::JobResult result) { ended_.set_value(std::move(result)); }) {
    job_.start();
  }
  ~TimersJob() {
    job_.cancel();
    ended_.get_future().wait();
  }
  TimersJob(const TimersJob&) = delete;
  TimersJob& operator=(const TimersJob&) = delete;

  /// Until a checkpoint that begins from now on is complete.
  void wait_for_checkpoint() {
    const int completed = completed_;
    while (completed_ < completed + 2) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }

 private:
  static Graph graph(const std::shared_ptr<Course>& course) {
    Environment env(Arguments(std::vector<std::string>{}));
    env.generate({}, [course](std::uint64_t index) { return action_at(*course, index); })
        .name("Actions")
        .timestamps(&Action::time, bounded_out_of_orderness(Duration(0)))
        .name("Times")
        .key_by(&Action::key)
        .process(Alarms{course})
        .name("Alarms")
        .sink_to(std::make_shared<DiscardSink>(), "Nothing");
    return env.take_graph();
  }

  runtime::JobOptions options(const Setting& setting, const std::string& directory) {
    runtime::JobOptions options;
    if (!setting.checkpoints) return options;
    take_checkpoints(options, directory, Duration(1'000));
    options.log = [this](runtime::LogLevel, const std::string& line) {
      if (line.find("completed in") != std::string::npos) ++completed_;
    };
    if (setting.memory > 0) keep_within(options, setting.memory);
    return options;
  }

  host::RealHost host_;
  std::atomic<int> completed_{0};
  std::promise<runtime::JobResult> ended_;
  runtime::LocalJob job_;
};

double ns_each(double seconds, std::uint64_t count) { return seconds * 1e9 / static_cast<double>(count); }

void print_phases(const Course& course) {
  const Setting& setting = course.setting;
  const auto ns = [&](Phase phase, std::uint64_t count) {
    const auto i = static_cast<std::size_t>(phase);
    return ns_each(course.begun[i + 1] - course.begun[i], count);
  };
  const double nothing = ns(Phase::kNothing, setting.few());
  fmt::print("CPU ns each: record without a timer {:.0f}; on top of it: set {:.0f}, cancel {:.0f}, move {:.0f}\n",
             nothing, ns(Phase::kSet, setting.timers) - nothing, ns(Phase::kCancel, setting.few()) - nothing,
             ns(Phase::kMove, setting.few()) - nothing);
  fmt::print("resident with all timers set: {:.0f} MB\n", static_cast<double>(course.resident) / 1e6);
}

void fire_all(Course& course) {
  course.released = true;
  course.all_fired.get_future().wait();
  const std::uint64_t fired = course.fired;
  fmt::print("fired {}: CPU ns each {:.0f}, {:.1f} s\n", fired, ns_each(course.fire_end - course.fire_begin, fired),
             course.fire_end_wall - course.fire_begin_wall);
}

///   timers [--timers N] [--per-ms N] [--checkpoints 0|1] [--memory MB]
int timers(int argc, char** argv) {
  std::int64_t count = 10'000'000;
  std::int64_t per_ms = 10;
  std::int64_t checkpoints = 1;
  std::int64_t memory_mb = 0;
  const Flag flags[] = {{"--timers", &count, 1'000},
                        {"--per-ms", &per_ms, 1, 1'000'000'000},
                        {"--checkpoints", &checkpoints, 0, 1},
                        {"--memory", &memory_mb, 0, 100'000}};
  parse_flags(argc, argv, flags);
  Setting setting;
  setting.timers = static_cast<std::uint64_t>(count);
  setting.per_ms = static_cast<std::uint64_t>(std::min(per_ms, count));
  setting.checkpoints = checkpoints != 0 || memory_mb > 0;
  setting.memory = static_cast<std::size_t>(memory_mb) * 1'000'000;
  fmt::print("timers: {} of as many keys, {} for each ms, {}, {}\n", setting.timers, setting.per_ms,
             setting.checkpoints ? "a checkpoint a second" : "no checkpoints",
             setting.memory > 0 ? fmt::format("{} MB of memory", memory_mb) : "no limit");
  if (setting.memory > 0) host::keep_allocator_within(setting.memory);
  const host::TemporaryDirectory directory;
  {
    const auto course = std::make_shared<Course>(setting);
    TimersJob job(course, directory.path());
    course->tail.get_future().wait();
    print_phases(*course);
    if (!setting.checkpoints) {
      fire_all(*course);
    } else {
      job.wait_for_checkpoint();
    }
  }
  fmt::print("most that was resident: {:.0f} MB\n", most_resident_mb());
  if (setting.checkpoints) {
    const double cpu = cpu_seconds();
    const double wall = wall_seconds();
    const auto course = std::make_shared<Course>(setting);
    TimersJob job(course, directory.path());
    course->first.get_future().wait();
    fmt::print("restored, first record after {:.2f} s, {:.2f} s of CPU\n", wall_seconds() - wall, cpu_seconds() - cpu);
    fmt::print("most that was resident: {:.0f} MB\n", most_resident_mb());
    fire_all(*course);
    fmt::print("most that was resident: {:.0f} MB\n", most_resident_mb());
  }
  return 0;
}

}  // namespace
}  // namespace weir::benchmarks

int main(int argc, char** argv) { return weir::benchmarks::run_main(weir::benchmarks::timers, argc, argv); }
