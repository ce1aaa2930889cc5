#include "embedded_view.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "weir/core/error.h"
#include "weir/host/cores.h"
#include "weir/host/daemon.h"
#include "weir/host/environment.h"
#include "weir/host/memory.h"

namespace weir::detail {

namespace {

[[noreturn]] void refuse_programs() {
  throw UserError("this process runs one job and takes no others: submit them to a cluster, weir cluster start");
}

}  // namespace

EmbeddedView::EmbeddedView(Host& host, runtime::LocalJob& job, cluster::JobId id, Configuration configuration)
    : host_(host), job_(job), id_(std::move(id)), configuration_(std::move(configuration)) {}

std::string EmbeddedView::version() const { return WEIR_VERSION; }

cluster::JobEntry EmbeddedView::entry() const {
  cluster::JobEntry entry;
  entry.id = id_;
  entry.status = std::make_shared<const runtime::JobStatus>(job_.status());
  for (const auto& vertex : entry.status->vertices)
    entry.task_managers.emplace_back(vertex.subtasks.size(), host::process_name());
  entry.configuration = configuration_;
  return entry;
}

std::vector<cluster::JobEntry> EmbeddedView::jobs() const { return {entry()}; }

std::optional<cluster::JobEntry> EmbeddedView::job(const cluster::JobId& id) const {
  if (id != id_) return std::nullopt;
  return entry();
}

std::vector<cluster::TaskManagerStatus> EmbeddedView::task_managers() const {
  cluster::TaskManagerStatus self;
  self.id = host::process_name();
  self.address = self.id;
  self.last_heartbeat_ms = to_ms(host_.wall_now());
  for (const PlanTask& task : job_.plan().tasks) self.slots = std::max(self.slots, task.parallelism);
  self.cores = host::cores();
  self.physical_memory = host::physical_memory();
  self.used_memory = host::used_memory();
  self.process_id = host::process_id();
  return {self};
}

bool EmbeddedView::cancel(const cluster::JobId& id, Cancelled done) {
  if (id != id_) return false;
  job_.cancel();
  done(nullptr);
  return true;
}

void EmbeddedView::Operations::end(const std::string& trigger, const std::string& location,
                                   const std::string& failure) {
  const auto operation = by_trigger.find(trigger);
  if (operation == by_trigger.end()) return;
  using State = cluster::OperationStatus::State;
  operation->second = failure.empty() ? cluster::OperationStatus{State::kCompleted, location, ""}
                                      : cluster::OperationStatus{State::kFailed, "", failure};
}

std::string EmbeddedView::begin_operation() {
  constexpr std::size_t kKept = 1000;
  std::string trigger = fmt::format("{:016x}{:016x}", host_.random(), host_.random());
  operations_->by_trigger.emplace(trigger, cluster::OperationStatus{});
  operations_->order.push_back(trigger);
  if (operations_->order.size() > kKept) {
    operations_->by_trigger.erase(operations_->order.front());
    operations_->order.pop_front();
  }
  return trigger;
}

std::optional<std::string> EmbeddedView::checkpoint(const cluster::JobId& id) {
  if (id != id_) return std::nullopt;
  std::string trigger = begin_operation();
  job_.checkpoint_now([operations = operations_, trigger](const checkpoint::Taken& taken) {
    operations->end(trigger, std::to_string(taken.checkpoint.value()), taken.failure);
  });
  return trigger;
}

std::optional<std::string> EmbeddedView::savepoint(const cluster::JobId& id, const std::string& directory,
                                                   AfterSavepoint after) {
  if (id != id_) return std::nullopt;
  using Then = runtime::AfterSavepoint;
  std::string trigger = begin_operation();
  job_.savepoint(host::absolute_path(directory), after == AfterSavepoint::kStops ? Then::kStops : Then::kRunsOn,
                 [operations = operations_, trigger](const checkpoint::Taken& taken) {
                   operations->end(trigger, taken.path, taken.failure);
                 });
  return trigger;
}

std::optional<cluster::OperationStatus> EmbeddedView::operation(const cluster::JobId& id,
                                                                const std::string& trigger) const {
  const auto operation = operations_->by_trigger.find(trigger);
  if (id != id_ || operation == operations_->by_trigger.end()) return std::nullopt;
  return operation->second;
}

void EmbeddedView::add_program(const std::string&, const std::string&, Added) { refuse_programs(); }
bool EmbeddedView::remove_program(const std::string&) { refuse_programs(); }
void EmbeddedView::run(const cluster::RunRequest&, Submitted) { refuse_programs(); }

}  // namespace weir::detail
