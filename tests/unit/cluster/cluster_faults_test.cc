// A cluster whose processes die, at any moment and at crash points, and whose network is cut one way, both ways and for
// good: no job is lost, none runs twice at a time, and when it is over all run.

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/cluster/job_manager.h"
#include "weir/cluster/task_manager.h"
#include "weir/core/crash_points.h"
#include "weir/core/error.h"
#include "weir/sim/random.h"
#include "weir/sim/world.h"

#include "../../kit/mortal_host.h"
#include "simulated_workers.h"

namespace weir::cluster {
namespace {

using namespace std::chrono_literals;
using runtime::JobState;
using tests::MortalHost;

/// One world and what happens in it.
class Ordeal {
 public:
  explicit Ordeal(std::uint64_t seed) : world_(seed), random_(seed + 1'000'000) {}
  ~Ordeal() {
    over_ = true;
    for (auto& [name, one] : nodes_) one.node.reset();
    job_manager_.reset();
    world_.run_for(1s);
  }

  void run(std::set<std::string>& points_hit) {
    start_job_manager();
    const std::uint64_t nodes = random_.between(3, 4);
    for (std::uint64_t i = 0; i < nodes; ++i) start_node();
    wait_until([this] { return ready_; }, 60s);
    const std::uint64_t jobs = random_.between(1, 3);
    for (std::uint64_t i = 0; i < jobs; ++i) submit();
    const std::uint64_t faults = random_.between(4, 10);
    for (std::uint64_t i = 0; i < faults; ++i) {
      pass(random_.between(0ns, random_.one_in(2) ? std::chrono::nanoseconds(500ms) : std::chrono::nanoseconds(20s)));
      do_something();
    }
    calm();
    if (!testing::Test::HasFailure()) finish_all();
    for (const auto& host : hosts_)
      for (const auto& [point, hits] : host->crash_points_hit()) points_hit.insert(point);
  }

  std::size_t workers_started() const { return workers_.started(); }

 private:
  static constexpr const char* kJobManager = "job manager";

  struct Placed {
    MortalHost* host = nullptr;
    std::unique_ptr<Node> node;
    std::uint32_t slots = 1;
  };

  // ---- Processes.

  MortalHost& new_host(const std::string& place) {
    hosts_.push_back(std::make_unique<MortalHost>(world_, place));
    return *hosts_.back();
  }

  void start_job_manager() {
    JobManagerOptions options;
    options.directory = "/cluster";
    options.peers = {"cluster", "token"};
    options.restart.delay = 1s;
    options.restart.attempts = 1'000'000;
    options.kept_jobs = 1000;
    manager_host_ = &new_host(kJobManager);
    job_manager_ = std::make_unique<JobManager>(*manager_host_, planner_, options, [](auto, const auto&) {});
    ready_ = false;
    job_manager_->start([this](const std::exception_ptr& error) {
      EXPECT_EQ(error, nullptr);
      ready_ = true;
    });
  }

  void start_node() {
    const std::string name = "node " + std::to_string(++nodes_started_);
    Placed& placed = nodes_[name];
    placed.host = &new_host(name);
    placed.slots = static_cast<std::uint32_t>(random_.between(1, 2));
    placed.node = std::make_unique<Node>(*placed.host, workers_, name, placed.slots, HeartbeatLimits{});
  }

  /// Processes that died are gone at once, and others take their places later.
  void bury() {
    if (job_manager_ != nullptr && manager_host_->dead()) kill_job_manager();
    for (auto& [name, one] : nodes_)
      if (one.host->dead()) return kill_node(name);
  }

  void kill_job_manager() {
    manager_host_->kill();
    job_manager_.reset();
    world_.after(random_.between(0ns, 20s), [this] {
      if (job_manager_ == nullptr && !over_) start_job_manager();
    });
  }

  void kill_node(const std::string& name) {
    const auto node = nodes_.find(name);
    node->second.host->kill();
    nodes_.erase(node);
    world_.after(random_.between(0ns, 20s), [this] {
      if (!over_) start_node();
    });
  }

  void pass(std::chrono::nanoseconds time) {
    const MonotonicTime end = world_.now() + time;
    wait_until([this, end] { return world_.now() >= end; }, time + 1s);
  }

  /// False: the time was not enough.
  bool wait_until(const std::function<bool()>& done, std::chrono::nanoseconds patience) {
    bool over = false;
    const auto bell = std::make_shared<bool*>(&over);
    world_.after(patience, [bell] {
      if (*bell != nullptr) **bell = true;
    });
    bool was_done = false;
    while (!was_done && !over) {
      try {
        world_.run_until([&] {
          bury();
          was_done = done();
          return was_done || over;
        });
      } catch (const MortalHost::Died&) {
        bury();
      }
    }
    *bell = nullptr;
    return was_done;
  }

  // ---- What happens.

  std::string some_node() {
    if (nodes_.empty()) return "nobody";
    auto node = nodes_.begin();
    std::advance(node, static_cast<std::ptrdiff_t>(random_.below(nodes_.size())));
    return node->first;
  }

  void do_something() {
    const std::string node = some_node();
    switch (random_.below(11)) {
      case 0:
        return cut(kJobManager, node);
      case 1:
        return cut(node, kJobManager);
      case 2:
        cut(kJobManager, node);
        return cut(node, kJobManager);
      case 3:
        return world_.net().break_off(kJobManager, node);
      case 4:
        world_.net().vanish(node);
        if (nodes_.contains(node)) kill_node(node);
        return;
      case 5:
        if (nodes_.contains(node)) kill_node(node);
        return;
      case 6:
        if (job_manager_ != nullptr) kill_job_manager();
        return;
      case 7:
        return arm(node);
      case 8:
        return end_a_worker();
      case 9:
        // No lease and no time-out may notice.
        return world_.jump_wall(random_.one_in(2) ? Duration{3'600'000} : Duration{-3'600'000});
      default:
        return random_.one_in(2) ? submit() : cancel();
    }
  }

  void cut(const std::string& from, const std::string& to) {
    world_.net().cut(from, to);
    const auto longest = random_.one_in(2) ? std::chrono::nanoseconds(5s) : std::chrono::nanoseconds(40s);
    world_.after(random_.between(0ns, longest), [this, from, to] { world_.net().heal(from, to); });
  }

  void arm(const std::string& node) {
    const std::string_view point = kClusterCrashPoints[random_.below(kClusterCrashPoints.size())];
    const sim::Side side = random_.one_in(2) ? sim::Side::kBefore : sim::Side::kAfter;
    const bool manager = point.starts_with(kJobManager);
    if (manager && job_manager_ != nullptr) manager_host_->arm(std::string(point), random_.between(1, 2), side);
    if (!manager && nodes_.contains(node)) nodes_.at(node).host->arm(std::string(point), 1, side);
  }

  void end_a_worker() {
    const auto running = workers_.running();
    if (running.empty()) return;
    workers_.end(running[random_.below(running.size())], "was killed by signal 11 (Segmentation fault)");
  }

  /// A job counts once its submission was answered.
  void submit() {
    if (job_manager_ == nullptr || !ready_) return;
    if (program_.empty()) {
      upload();
      if (program_.empty()) return;
    }
    planner_.parallelism = static_cast<std::uint32_t>(random_.between(1, 3));
    const std::uint32_t parallelism = planner_.parallelism;
    bool answered = false;
    RunRequest request;
    request.program = program_;
    const JobManager* const asked = job_manager_.get();
    job_manager_->run(request, [&, parallelism](const JobId& id, const std::exception_ptr& error) {
      answered = true;
      EXPECT_EQ(error, nullptr);
      jobs_[id] = parallelism;
    });
    wait_until([&] { return answered || job_manager_.get() != asked; }, 60s);
  }

  void upload() {
    const JobManager* const asked = job_manager_.get();
    world_.blocking([this] { world_.files().create("/upload")->append("program"); }, [](const std::exception_ptr&) {});
    pass(1s);
    if (job_manager_ == nullptr || job_manager_.get() != asked) return;
    job_manager_->add_program("program", "/upload",
                              [this](const UploadedProgram& program, std::exception_ptr) { program_ = program.id; });
    wait_until([&] { return !program_.empty() || job_manager_.get() != asked; }, 60s);
  }

  void cancel() {
    if (job_manager_ == nullptr || !ready_ || jobs_.empty()) return;
    const JobId id = jobs_.begin()->first;
    cancelled_.insert(id);
    EXPECT_TRUE(job_manager_->cancel(id, [this, id](const std::exception_ptr& error) {
      EXPECT_EQ(error, nullptr);
      cancels_answered_.insert(id);
    }));
  }

  // ---- The end.

  /// All faults are over, and there is room for all jobs: all run, or were cancelled.
  void calm() {
    world_.net().heal();
    for (auto& host : hosts_) host->disarm();
    wait_until([this] { return job_manager_ != nullptr && ready_; }, 60s);
    while (nodes_.size() < 12) start_node();
    const bool good = wait_until([this] { return job_manager_ != nullptr && ready_ && all_run(); }, 120s);
    EXPECT_TRUE(good) << "seed " << world_.seed() << ": " << what_does_not_run();
  }

  bool all_run() { return what_does_not_run().empty(); }

  std::string what_does_not_run() {
    if (job_manager_ == nullptr) return "there is no JobManager";
    for (const auto& [id, parallelism] : jobs_) {
      const auto entry = job_manager_->job(id);
      if (!entry) return "job " + id + " is lost";
      const JobState state = entry->status->state;
      if (state == JobState::kCanceled && cancelled_.contains(id)) continue;
      if (cancels_answered_.contains(id)) return "job " + id + " runs, for all that its cancel was answered";
      if (state != JobState::kRunning) return "job " + id + " is " + std::string(runtime::to_string(state));
      if (const std::string what = incomplete(id); !what.empty()) return what;
    }
    return "";
  }

  /// A job's workers are all there.
  std::string incomplete(const JobId& id) const {
    std::size_t running = 0;
    std::size_t processes = 0;
    for (const auto& worker : workers_.running()) {
      if (worker->name.job != id) continue;
      ++running;
      const auto placement = worker->variables.find("WEIR_WORKER_PLACEMENT");
      processes = 1;
      if (placement != worker->variables.end())
        processes = std::stoul(placement->second.substr(placement->second.rfind(',') + 1)) + 1;
    }
    if (running == processes && running > 0) return "";
    return "job " + id + " has " + std::to_string(running) + " of " + std::to_string(processes) + " workers";
  }

  void finish_all() {
    // Also jobs that were accepted when nobody was left to be told.
    std::set<WorkerName> finished;
    const auto finish_some = [&] {
      for (const auto& worker : workers_.running())
        if (worker->leads() && finished.insert(worker->name).second) workers_.finish(worker, JobState::kFinished);
      const std::vector<JobEntry> jobs = job_manager_->jobs();
      return std::all_of(jobs.begin(), jobs.end(), [](const JobEntry& job) { return has_ended(job.status->state); });
    };
    const bool good = wait_until(finish_some, 120s) && all_ended();
    EXPECT_TRUE(good) << "seed " << world_.seed() << ": not all jobs have ended";
    pass(1s);
    EXPECT_TRUE(workers_.running().empty()) << "seed " << world_.seed();
    for (const TaskManagerStatus& manager : job_manager_->task_managers())
      EXPECT_EQ(manager.free_slots, manager.slots) << "seed " << world_.seed();
    // What has ended is on disk.
    manager_host_->kill();
    job_manager_.reset();
    start_job_manager();
    wait_until([this] { return ready_; }, 60s);
    EXPECT_TRUE(all_ended()) << "seed " << world_.seed();
  }

  static bool has_ended(JobState state) {
    return state == JobState::kFinished || state == JobState::kCanceled || state == JobState::kFailed;
  }

  bool all_ended() {
    return std::all_of(jobs_.begin(), jobs_.end(), [this](const auto& job) {
      const JobState state = job_manager_->job(job.first)->status->state;
      return state == JobState::kFinished || (state == JobState::kCanceled && cancelled_.contains(job.first));
    });
  }

  sim::World world_;
  sim::Random random_;
  Workers workers_{world_};
  FakePlanner planner_{world_};
  std::vector<std::unique_ptr<MortalHost>> hosts_;  ///< also of those that died: their work may still be under way
  MortalHost* manager_host_ = nullptr;
  std::unique_ptr<JobManager> job_manager_;
  bool ready_ = false;
  bool over_ = false;
  std::map<std::string, Placed> nodes_;
  std::uint64_t nodes_started_ = 0;
  std::string program_;
  std::map<JobId, std::uint32_t> jobs_;  ///< those that were accepted, with their parallelism
  std::set<JobId> cancelled_;            ///< may be, if that was not answered
  std::set<JobId> cancels_answered_;     ///< must be
};

class ClusterFaults : public testing::TestWithParam<std::uint64_t> {};

TEST_P(ClusterFaults, LoseNoJobAndRunNoneTwice) {
  constexpr std::uint64_t kSeeds = 100;
  std::set<std::string> points_hit;
  std::size_t started = 0;
  for (std::uint64_t seed = GetParam() * kSeeds; seed < (GetParam() + 1) * kSeeds && !HasFailure(); ++seed) {
    Ordeal ordeal(seed);
    ordeal.run(points_hit);
    started += ordeal.workers_started();
  }
  EXPECT_GT(started, 5 * kSeeds) << "workers that are started again and again";
  for (const std::string_view point : kClusterCrashPoints)
    EXPECT_TRUE(points_hit.contains(std::string(point))) << "nobody came to " << point;
}

INSTANTIATE_TEST_SUITE_P(Seeds, ClusterFaults, testing::Range<std::uint64_t>(0, 10));

}  // namespace
}  // namespace weir::cluster
