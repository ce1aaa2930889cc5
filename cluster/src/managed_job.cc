#include "managed_job.h"

#include <cstddef>
#include <utility>

#include <fmt/format.h>

namespace weir::cluster {
namespace {

using runtime::JobState;
using runtime::JobStatus;

constexpr std::size_t kMostExceptions = 32;
constexpr std::size_t kMostChanges = 64;

template <class T>
void keep_newest(std::vector<T>& list, std::size_t most) {
  if (list.size() > most) list.erase(list.begin(), list.end() - static_cast<std::ptrdiff_t>(most));
}

}  // namespace

JobManager::Job::Job(StoredJob what, runtime::RestartStrategy strategy, std::uint64_t of_number)
    : stored(std::move(what)), number(of_number), slots(slots_of(stored.plan)), counter(strategy) {
  worker.job = stored.id;
  changes.push_back({JobState::kCreated, stored.submitted_ms});
}

void JobManager::Job::note_change(JobState state, std::int64_t now_ms) {
  changes.push_back({state, now_ms});
  keep_newest(changes, kMostChanges);
}

void JobManager::Job::note_exception(runtime::ExceptionStatus exception) {
  exceptions.push_back(std::move(exception));
  keep_newest(exceptions, kMostExceptions);
}

std::shared_ptr<const JobStatus> JobManager::Job::shown(std::int64_t now_ms) const {
  if (phase == Phase::kEnding) return shown_last;
  auto status = std::make_shared<JobStatus>(told != nullptr ? *told : stored.plan.status);
  if (told == nullptr) {
    status->now_ms = now_ms;
    status->changes.clear();
  }
  // The worker knows nothing of those before it.
  status->started_ms = stored.submitted_ms;
  status->restarts += restarts;
  status->changes.insert(status->changes.begin(), changes.begin(), changes.end());
  status->exceptions.insert(status->exceptions.begin(), exceptions.begin(), exceptions.end());
  switch (phase) {
    case Job::Phase::kWaiting:
    case Job::Phase::kStoring:
      status->state = restarts > 0 ? JobState::kRestarting : JobState::kCreated;
      break;
    case Job::Phase::kBackingOff:
      status->state = JobState::kRestarting;
      break;
    case Job::Phase::kRunning:
      if (told == nullptr) status->state = restarts > 0 ? JobState::kRestarting : JobState::kCreated;
      if (cancel_asked) status->state = JobState::kCancelling;
      break;
    case Job::Phase::kEnding:
    case Job::Phase::kEnded:
      break;
  }
  return status;
}

JobEntry JobManager::Job::entry(std::int64_t now_ms) const {
  JobEntry entry;
  entry.id = stored.id;
  entry.status = shown(now_ms);
  if (has_slots()) {
    std::vector<std::string> by_slot;
    for (const Part& part : parts) by_slot.insert(by_slot.end(), part.place.slots, part.place.node);
    for (const runtime::VertexStatus& vertex : entry.status->vertices) {
      auto& nodes = entry.task_managers.emplace_back();
      for (std::uint32_t i = 0; i < vertex.parallelism; ++i) nodes.push_back(by_slot[i % by_slot.size()]);
    }
  }
  const ProgramCommand& command = stored.command;
  entry.configuration.emplace_back("program", command.program);
  entry.configuration.emplace_back("directory", command.directory);
  for (std::size_t i = 0; i < command.arguments.size(); ++i)
    entry.configuration.emplace_back(fmt::format("argument {}", i + 1), command.arguments[i]);
  for (const auto& variable : command.variables) entry.configuration.push_back(variable);
  return entry;
}

}  // namespace weir::cluster
