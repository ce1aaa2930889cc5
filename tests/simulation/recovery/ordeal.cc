#include "recovery/ordeal.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include <fmt/format.h>

#include "weir/core/error.h"
#include "weir/sim/world.h"

#include "kit/delivered_reader.h"
#include "kit/sim_job.h"
#include "recovery/directory_check.h"

namespace weir::tests {

namespace {

using namespace std::chrono_literals;
using runtime::JobResult;

/// A job that fails is started again by whoever looks after it; one that never gets on is hopeless.
constexpr std::uint32_t kMostProcesses = 60;
constexpr std::chrono::nanoseconds kFullFor = 80ms;
constexpr const char* kCheckpoints = "/checkpoints";
constexpr sim::RunLimits kLimits{.events = 3'000'000, .time = std::chrono::hours(2)};

/// The job and its world, from process to process.
class Trial {
 public:
  Trial(const RecoveryCase& of, const FaultPlan& plan, std::function<void(const std::string&)> tell)
      : case_(of),
        plan_(plan),
        tell_(std::move(tell)),
        failures_(std::make_shared<Failures>(plan.user_failures)),
        world_(of.seed),
        reader_(world_.disk(), of.outputs) {
    for (const auto& [path, bytes] : of.input) world_.disk().write_file(path, bytes);
    began_ = world_.now();
    schedule_faults();
    world_.observe([this](sim::EventKind, std::uint64_t, MonotonicTime) { reader_.look(); });
  }

  Ordeal run() {
    try {
      run_processes();
      if (ordeal_.fault.empty()) judge();
    } catch (const Error& error) {
      ordeal_.fault = error.what();
    }
    ordeal_.trace = world_.trace_hash();
    ordeal_.events = world_.events();
    ordeal_.crash_points = world_.crash_points_hit();
    return std::move(ordeal_);
  }

 private:
  void schedule_faults() {
    for (const PlannedDiskFault& planned : plan_.disk) {
      faults_end_ = std::max(faults_end_, planned.from + planned.lasts);
      world_.after(planned.from, [this, &planned] {
        const sim::DiskFaultId id = world_.disk().inject(planned.fault);
        world_.after(planned.lasts, [this, id] { world_.disk().heal(id); });
      });
    }
    if (plan_.capacity) {
      world_.disk().set_capacity(world_.disk().used() + *plan_.capacity);
      faults_end_ = std::max<std::chrono::nanoseconds>(faults_end_, kFullFor);
      world_.after(kFullFor, [this] { world_.disk().set_capacity(~std::uint64_t{0}); });
    }
    for (const auto& jump : plan_.wall_jumps)
      world_.after(jump.first, [this, by = jump.second] { world_.jump_wall(by); });
  }

  /// Two jobs of three have another parallelism in every process.
  std::uint32_t parallelism() const {
    sim::Random random(case_.seed * kMostProcesses + (case_.seed % 3 == 0 ? 0 : processes_));
    return static_cast<std::uint32_t>(random.between(1, 4));
  }

  SimOptions options() const {
    sim::Random random(case_.seed + 17);
    SimOptions options;
    options.parallelism = parallelism();
    options.workers = static_cast<std::uint32_t>(random.between(1, 3));
    constexpr std::size_t kBatches[] = {1, 1, 2, 7, 64};
    options.batch_size = kBatches[random.below(std::size(kBatches))];
    options.channel_batches = random.between(2, 8);
    options.pre_aggregate = !random.one_in(4);
    options.drain = case_.drain;
    options.arguments = case_.arguments;
    options.restart.kind = runtime::RestartStrategy::Kind::kFixedDelay;
    options.restart.attempts = static_cast<std::uint32_t>(random.between(0, 3));
    options.restart.delay = Duration(1);
    checkpoint::Options checkpoints;
    checkpoints.directory = kCheckpoints;
    checkpoints.job = "ordeal";
    checkpoints.interval = Duration(random.one_in(2) ? 1 : random.between(1, 30));
    checkpoints.retained = static_cast<std::uint32_t>(random.between(1, 3));
    options.checkpoints = checkpoints;
    // Two jobs of three have less memory than state, some of them none at all.
    constexpr std::size_t kShares[] = {0, 0, 1'000, 100'000, 2'000'000};
    if (!random.one_in(3)) options.state_share = kShares[random.below(std::size(kShares))];
    if (random.one_in(2)) options.drain_slice_rows = 1;
    return options;
  }

  void run_processes() {
    std::size_t next_kill = 0;
    for (std::uint32_t process = 0; process < kMostProcesses; ++process) {
      const PlannedKill* kill = next_kill < plan_.kills.size() ? &plan_.kills[next_kill] : nullptr;
      if (kill != nullptr && !kill->crash_point.empty()) world_.arm(kill->crash_point, kill->nth, kill->side);
      if (run_process(kill)) return;
      // A process that ended by itself leaves the planned death to the next one.
      if (killed_ || cancelled_) ++next_kill;
      world_.disarm();
      // Nobody starts a job that has failed again at once, over and over.
      if (!killed_) world_.run_for(10ms);
      world_.start_process();
    }
    ordeal_.fault = fmt::format("did not finish in {} processes; the last: {}", kMostProcesses, last_failure_);
  }

  /// Whether it was the last one.
  bool run_process(const PlannedKill* kill) {
    killed_ = cancelled_ = false;
    ++processes_;
    if (parallelism_before_ != 0 && parallelism_before_ != parallelism()) ++ordeal_.rescales;
    parallelism_before_ = parallelism();
    if (tell_) tell_(fmt::format("-- parallelism {} --", parallelism()));
    note_calm();
    {
      std::optional<SimJob> job;
      try {
        job.emplace(world_, [this](Environment& env) { case_.job(env, failures_); }, options());
        run_job(*job, kill);
      } catch (const sim::Killed&) {
        killed_ = true;
      } catch (const Error& error) {
        tell_log(job);
        const std::string last = job && !job->log().empty() ? "; the job said last: " + job->log().back() : "";
        throw Error(error.domain(), error.retry(), error.what() + last);
      }
      tell_log(job);
      killed_ = killed_ || !job->ended();
      if (!killed_) {
        ordeal_.restarts += job->job().progress().restarts;
        if (take_result(job->result())) return true;
      }
    }
    if (cancelled_) ordeal_.fault = search_directory(AfterJob::kCancelled);
    if (!ordeal_.fault.empty()) return true;
    end_process(kill);
    return false;
  }

  void run_job(SimJob& job, const PlannedKill* kill) {
    const std::uint64_t first = world_.events();
    const bool timed = kill != nullptr && kill->crash_point.empty();
    job.run_until([&] { return timed && world_.events() - first >= kill->events; }, kLimits);
    if (job.ended() || !kill->cancel) return;
    job.job().cancel();
    job.run_until([] { return false; }, kLimits);
  }

  /// Whether a process that removes what is not needed any more can do so.
  void note_calm() {
    const bool undisturbed = world_.now() - began_ > faults_end_;
    // One that finds the job finished removes less than the one that finished it.
    calm_ = undisturbed && (calm_ || !world_.crash_points_hit().contains("end: finished linked"));
  }

  void tell_log(const std::optional<SimJob>& job) const {
    if (!tell_ || !job) return;
    for (const std::string& line : job->log()) tell_(line);
    tell_(job->ended() ? "-- ended --" : "-- killed --");
  }

  void end_process(const PlannedKill* kill) {
    if (killed_) ++ordeal_.kills;
    if (killed_ && kill->power) {
      ++ordeal_.power_losses;
      world_.lose_power();
      reader_.power_lost();
    } else {
      world_.kill_process();
    }
  }

  /// Whether the job is over.
  bool take_result(const JobResult& result) {
    if (result.state == JobResult::State::kFinished) return true;
    if (result.state == JobResult::State::kCancelled) {
      cancelled_ = true;
      ++ordeal_.cancels;
      return false;
    }
    ++ordeal_.failures;
    last_failure_ = result.message;
    if (const std::string fault = unjustified(result); !fault.empty()) {
      ordeal_.fault = fault;
      return true;
    }
    return false;
  }

  /// A job may fail for a reason that was planned, and must say so.
  std::string unjustified(const JobResult& result) const {
    if (result.message.find("failure on purpose") != std::string::npos) return "";
    if (plan_.disk.empty() && !plan_.capacity) return "failed without a reason: " + result.message;
    try {
      std::rethrow_exception(result.error);
    } catch (const Error& error) {
      if (error.domain() == Domain::kExternal || error.domain() == Domain::kCorruption) return "";
    } catch (const std::exception&) {
      // Falls through: nothing that Weir throws.
    }
    return "failed for a reason that nobody planned: " + result.message;
  }

  void judge() {
    reader_.look();
    ordeal_.output = reader_.visible();
    ordeal_.fault = reader_.fault();
    if (ordeal_.fault.empty()) ordeal_.fault = case_.judge(ordeal_.output);
    if (ordeal_.fault.empty()) ordeal_.fault = leftovers();
  }

  std::string leftovers() {
    for (const std::string& directory : case_.outputs)
      for (const std::string& path : world_.disk().list_recursive(directory))
        if (!ordeal_.output.contains(path)) return path + " is left behind";
    if (std::string left = search_directory(AfterJob::kFinished); !left.empty()) return left;
    if (world_.disk().open_files() > 0) return fmt::format("{} files are left open", world_.disk().open_files());
    return "";
  }

  /// Looks for files that nothing leads to. What a disk fault has kept a process from removing is none.
  std::string search_directory(AfterJob after) {
    if (!calm_) return "";
    ++ordeal_.looks;
    world_.run_for(1s);  // helper threads may still remove what an attempt had for itself
    if (const std::string path = unreachable_file(world_, kCheckpoints, options().checkpoints->retained, after);
        !path.empty())
      return path + " is left behind";
    return "";
  }

  const RecoveryCase& case_;
  const FaultPlan& plan_;
  const std::function<void(const std::string&)> tell_;
  const std::shared_ptr<Failures> failures_;
  sim::World world_;
  DeliveredReader reader_;
  Ordeal ordeal_;
  std::string last_failure_;
  std::uint32_t processes_ = 0;           ///< that were begun
  std::uint32_t parallelism_before_ = 0;  ///< of the process before; 0: there was none
  bool killed_ = false;                   ///< the process that ran last, by plan
  bool cancelled_ = false;                ///< it, by plan
  bool calm_ = false;                     ///< no fault of the disk was planned for its time
  MonotonicTime began_{};
  std::chrono::nanoseconds faults_end_{-1};
};

}  // namespace

Ordeal live_through(const RecoveryCase& of, const FaultPlan& plan,
                    const std::function<void(const std::string&)>& tell) {
  return Trial(of, plan, tell).run();
}

}  // namespace weir::tests
