#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weir/cluster/cluster_view.h"

namespace weir::cluster {

/// A cluster that says what a test tells it to, and notes what it was asked for.
class FakeView : public ClusterView {
 public:
  static constexpr const char* kJob = "0123456789abcdef0123456789abcdef";

  FakeView() { add_job(kJob); }

  /// A job with a source and a window behind it; returned to be changed.
  runtime::JobStatus& add_job(const std::string& id) {
    auto status = std::make_shared<runtime::JobStatus>();
    status->name = "words";
    status->state = runtime::JobState::kRunning;
    status->changes = {{runtime::JobState::kCreated, 1000}, {runtime::JobState::kRunning, 1005}};
    status->started_ms = 1000;
    status->now_ms = 3000;
    status->parallelism = 2;
    status->key_groups = 128;
    status->vertices = {vertex("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "Source: Lines", 1),
                        vertex("bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "counts", 2)};
    status->vertices[1].inputs = {{0, "HASH"}};
    known_.insert(known_.begin(), {id, status});
    return *status;
  }

  runtime::JobStatus& status(const std::string& id = kJob) {
    return *std::find_if(known_.begin(), known_.end(), [&](const auto& job) { return job.first == id; })->second;
  }

  /// Changes the first job's status; what was told before stays as it was.
  void replace_status(const std::function<void(runtime::JobStatus&)>& change) {
    auto& status = known_.front().second;
    status = std::make_shared<runtime::JobStatus>(*status);
    change(*status);
  }

  std::string version() const override { return "1.2.3"; }
  std::vector<std::pair<std::string, std::string>> configuration() const override { return {{"weir.workers", "2"}}; }
  std::string log_file() const override { return log; }

  std::vector<JobEntry> jobs() const override {
    std::vector<JobEntry> entries;
    for (const auto& [id, status] : known_) entries.push_back(entry(id, status));
    return entries;
  }
  std::optional<JobEntry> job(const JobId& id) const override {
    for (const auto& [known, status] : known_)
      if (known == id) return entry(known, status);
    return std::nullopt;
  }
  std::vector<TaskManagerStatus> task_managers() const override { return managers; }

  bool cancel(const JobId& id, Cancelled done) override {
    if (!job(id)) return false;
    calls.push_back("cancel " + id);
    done(cancel_error);
    return true;
  }
  std::optional<std::string> checkpoint(const JobId& id) override {
    if (!job(id)) return std::nullopt;
    calls.push_back("checkpoint " + id);
    return "feed";
  }
  std::optional<std::string> savepoint(const JobId& id, const std::string& directory, AfterSavepoint after) override {
    if (!job(id)) return std::nullopt;
    calls.push_back("savepoint " + id + " " + directory + (after == AfterSavepoint::kStops ? " stop" : ""));
    return "feed";
  }
  std::optional<OperationStatus> operation(const JobId& id, const std::string& trigger) const override {
    if (!job(id) || trigger != "feed") return std::nullopt;
    return operation_status;
  }

  bool takes_programs() const override { return programs_allowed; }
  std::vector<UploadedProgram> programs() const override { return uploaded; }
  void add_program(const std::string& name, const std::string& file, Added done) override {
    calls.push_back("add " + name);
    if (on_add) on_add(name, file);
    uploaded.push_back({"cafe_" + name, name, 5000});
    done(uploaded.back(), nullptr);
  }
  bool remove_program(const std::string& id) override {
    return std::erase_if(uploaded, [&](const UploadedProgram& program) { return program.id == id; }) > 0;
  }
  void run(const RunRequest& request, Submitted done) override {
    runs.push_back(request);
    done(kJob, nullptr);
  }

  std::string log;
  std::vector<TaskManagerStatus> managers{{"worker:17", "localhost:6123", "", "", 2900, 4, 2, 2, 1000, 100, 17}};
  bool programs_allowed = false;
  OperationStatus operation_status;
  std::exception_ptr cancel_error;
  std::vector<UploadedProgram> uploaded;
  std::function<void(const std::string& name, const std::string& file)> on_add;
  std::vector<std::string> calls;
  std::vector<RunRequest> runs;

 private:
  using Known = std::pair<JobId, std::shared_ptr<runtime::JobStatus>>;

  static runtime::VertexStatus vertex(std::string id, std::string name, std::uint32_t parallelism) {
    runtime::VertexStatus vertex;
    vertex.id = std::move(id);
    vertex.name = std::move(name);
    vertex.operators = {vertex.name};
    vertex.parallelism = parallelism;
    for (std::uint32_t i = 0; i < parallelism; ++i) {
      runtime::SubtaskStatus subtask;
      subtask.index = i;
      subtask.state = runtime::TaskState::kRunning;
      subtask.started_ms = 1005;
      subtask.records_in = 10 * (i + 1);
      subtask.records_out = 7;
      subtask.busy_ns = 250'000'000;
      vertex.subtasks.push_back(subtask);
    }
    return vertex;
  }

  static JobEntry entry(const JobId& id, std::shared_ptr<const runtime::JobStatus> status) {
    JobEntry entry{id, std::move(status), {}, {{"weir.parallelism", "2"}, {"port", "9999"}}};
    for (const auto& vertex : entry.status->vertices) entry.task_managers.emplace_back(vertex.parallelism, "worker:17");
    return entry;
  }

  std::vector<Known> known_;
};

}  // namespace weir::cluster
