#include "job_operations.h"

#include <cstddef>

namespace weir::cluster {
namespace {

using State = OperationStatus::State;

constexpr std::size_t kMostOperations = 64;

}  // namespace

void JobOperations::begin(const std::string& trigger) {
  operations_[trigger] = {};
  if (operations_.size() <= kMostOperations) return;
  std::erase_if(operations_, [](const auto& entry) { return entry.second.state != State::kInProgress; });
}

void JobOperations::end(const std::string& trigger, const std::string& location, const std::string& failure) {
  const auto found = operations_.find(trigger);
  if (found == operations_.end()) return;
  found->second.state = failure.empty() ? State::kCompleted : State::kFailed;
  found->second.location = location;
  found->second.failure = failure;
}

void JobOperations::fail_all(const std::string& why) {
  for (auto& [trigger, operation] : operations_)
    if (operation.state == State::kInProgress) operation = {State::kFailed, "", why};
}

std::optional<OperationStatus> JobOperations::find(const std::string& trigger) const {
  const auto found = operations_.find(trigger);
  if (found == operations_.end()) return std::nullopt;
  return found->second;
}

}  // namespace weir::cluster
