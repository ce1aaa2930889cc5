#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "weir/cluster/cluster_rules.h"
#include "weir/cluster/cluster_view.h"
#include "weir/cluster/conversation.h"
#include "weir/cluster/job_store.h"
#include "weir/cluster/program_plan.h"
#include "weir/cluster/task_manager.h"
#include "weir/core/host.h"
#include "weir/runtime/restart_strategy.h"

namespace weir::cluster {

struct JobManagerOptions {
  std::string directory;      ///< holds jobs/ and programs/, which are made
  std::string job_directory;  ///< that jobs work in which do not say otherwise
  ExpectedPeer peers;         ///< the cluster's id and token
  Address address{"localhost", 6123};
  HeartbeatLimits limits;
  Duration cancel_limit{30'000};  ///< a worker that was asked to cancel is killed after so long
  runtime::RestartStrategy restart{.kind = runtime::RestartStrategy::Kind::kFixedDelay};  ///< of workers that died
  std::uint32_t default_parallelism = 1;  ///< of jobs that do not say otherwise
  std::size_t kept_jobs = 100;            ///< ended ones, for reading
  std::string version;
  std::string log_file;
  std::vector<std::pair<std::string, std::string>> configuration;  ///< to be shown
};

/// Takes jobs, gives each to a TaskManager that has the slots, and gives it to another when that is lost; starts
/// workers that died again. All that it must not forget is on disk before it acts: one that is started again on the
/// same directory takes the jobs over, and those whose workers still run go on undisturbed.
///
/// Thread: control loop only.
class JobManager final : public ClusterView {
 public:
  /// Requires: `host` and `planner` outlive it.
  JobManager(Host& host, ProgramPlanner& planner, JobManagerOptions options, ClusterLog log);
  ~JobManager() override;
  JobManager(const JobManager&) = delete;
  JobManager& operator=(const JobManager&) = delete;

  /// Reads the jobs, then takes TaskManagers. `ready` is told what went wrong, or null. Once.
  void start(std::function<void(std::exception_ptr)> ready);

  /// Starts nothing any more, and calls `done` when all that happened is on disk and no TaskManager is connected, or
  /// soon. Jobs that run go on when a JobManager is started again. Once.
  void stop(std::function<void()> done);

  /// Where TaskManagers connect to, once ready.
  Address address() const;

  // ClusterView.
  std::string version() const override { return options_.version; }
  std::vector<std::pair<std::string, std::string>> configuration() const override { return options_.configuration; }
  std::string log_file() const override { return options_.log_file; }
  std::vector<JobEntry> jobs() const override;
  std::optional<JobEntry> job(const JobId& id) const override;
  std::vector<TaskManagerStatus> task_managers() const override;
  bool cancel(const JobId& id, Cancelled done) override;
  std::optional<std::string> checkpoint(const JobId& id) override;
  std::optional<std::string> savepoint(const JobId& id, const std::string& directory, AfterSavepoint after) override;
  std::optional<OperationStatus> operation(const JobId& id, const std::string& trigger) const override;
  bool takes_programs() const override { return true; }
  std::vector<UploadedProgram> programs() const override;
  void add_program(const std::string& name, const std::string& file, Added done) override;
  bool remove_program(const std::string& id) override;
  void run(const RunRequest& request, Submitted done) override;

 private:
  struct Job;
  struct Manager;

  // Jobs.
  void recover(std::vector<JobFacts> facts);
  void accept(StoredJob stored, const Submitted& done);
  void schedule();
  void start_attempt(Job& job, const std::vector<JobPlace>& places);
  void start_worker(Job& job, std::size_t process, const std::string& leader);
  /// One of its workers is gone for certain, by its own fault or `on_purpose`; the others are ended, too.
  void worker_ended(Job& job, const std::string& node, const std::string& message, bool on_purpose);
  /// The job's end must be told soon; else the worker there has died.
  void expect_end(Job& job, const std::string& node, const std::string& message);
  void attempt_stored(Job& job, std::exception_ptr error);
  /// By its own fault: that counts against its restarts.
  void worker_died(Job& job, const std::string& where, const std::string& message);
  void worker_interrupted(Job& job, const std::string& where, const std::string& message);
  void restart_later(Job& job, Duration delay);
  void attempt_over(Job& job, const std::string& where, const std::string& message);
  void maybe_stopped();
  /// Its last status, which is shown when it is on disk: what somebody has seen to have ended stays so.
  void end(Job& job, std::string status);
  void end_stored(Job& job, const std::exception_ptr& error);
  void end_as(Job& job, runtime::JobState state);
  void forget_oldest();
  void cancel_now(Job& job);
  /// A worker that does not end is killed when the limit has passed.
  void limit_cancel(Job& job);
  std::optional<std::string> command(const JobId& id, JobCommand::Kind kind, const std::string& directory);
  Job* job_of(const WorkerName& worker);

  // TaskManagers.
  void accepted(std::unique_ptr<ByteStream> stream);
  void introduced(std::uint64_t guest, const Message& message);
  void welcome(Hello hello, std::unique_ptr<Conversation> conversation);
  void on_message(const std::string& node, const Message& message);
  void on(Manager& manager, const JobReport& report);
  void on(Manager& manager, const JobEnded& ended);
  void on(Manager& manager, const WorkerEnded& ended);
  void on(Manager& manager, const CommandResult& result);
  void on(Manager& manager, const WorkerReady& ready);
  void lost(const std::string& node, const std::string& why);
  void give_away(const std::string& node);
  /// Null: the TaskManager is not connected.
  Conversation* conversation_of(const std::string& node);
  std::vector<SlotFacts> slot_facts() const;
  std::uint32_t used_slots(const std::string& node) const;

  // Programs.
  std::string programs_directory() const { return options_.directory + "/programs"; }

  std::int64_t now_ms() const { return to_ms(host_.wall_now()); }
  std::string new_id();
  std::function<void()> guarded(std::function<void(JobManager&)> act);
  /// `work` on a helper, then act(error) here, if this still lives.
  void blocking(std::function<void()> work, std::function<void(JobManager&, std::exception_ptr)> act);

  Host& host_;
  ProgramPlanner& planner_;
  const JobManagerOptions options_;
  ClusterLog log_;
  std::shared_ptr<JobStore> store_;  // shared with work on helpers
  std::uint64_t incarnation_;
  std::map<JobId, std::unique_ptr<Job>> jobs_;
  std::uint64_t next_number_ = 1;  ///< of jobs, in the order of their submission
  std::map<std::string, std::unique_ptr<Manager>> managers_;
  std::map<std::string, UploadedProgram> programs_;
  std::unique_ptr<Listener> listener_;
  std::map<std::uint64_t, std::unique_ptr<Conversation>> guests_;  ///< who have not said who they are
  std::uint64_t next_guest_ = 1;
  std::size_t pending_ = 0;  ///< pieces of work on helpers
  std::function<void()> stopped_;
  bool stopping_ = false;
  std::unique_ptr<Timer> stop_timer_;
  std::shared_ptr<JobManager*> self_;
};

}  // namespace weir::cluster
