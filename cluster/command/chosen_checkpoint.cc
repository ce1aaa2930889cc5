#include "chosen_checkpoint.h"

#include <optional>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "weir/checkpoint/inspect.h"
#include "weir/core/error.h"

namespace weir::cluster {
namespace {

using checkpoint::InspectedCheckpoint;
using checkpoint::InspectedJob;

/// What stands behind the '@', if that is how a checkpoint is named; else all of it is a path.
std::optional<std::string> checkpoint_behind(const std::string& text, std::string& path) {
  const std::size_t at = text.rfind('@');
  path = text;
  if (at == std::string::npos) return std::nullopt;
  std::string name = text.substr(at + 1);
  if (!checkpoint::parse_number(name) && !checkpoint::parse_checkpoint_name(name)) return std::nullopt;
  path.resize(at);
  return name;
}

bool is_called(const InspectedCheckpoint& checkpoint, const std::string& name) {
  return to_string(checkpoint.name) == name || std::to_string(checkpoint.name.checkpoint.value()) == name;
}

std::string names_of(const InspectedJob& job) {
  std::vector<std::string> names;
  for (const InspectedCheckpoint& checkpoint : job.checkpoints) names.push_back(to_string(checkpoint.name));
  return names.empty() ? "it has none" : fmt::format("it has {}", fmt::join(names, ", "));
}

}  // namespace

ChosenCheckpoint choose_checkpoint(Host& host, const std::string& text) {
  std::string path;
  const std::optional<std::string> name = checkpoint_behind(text, path);
  const std::vector<std::string> jobs = checkpoint::find_jobs(host, path);
  if (jobs.size() > 1)
    throw UsageError(
        fmt::format("{} holds {} jobs: name the directory of one, {}", path, jobs.size(), fmt::join(jobs, " or ")));
  const InspectedJob job = inspect_job(host, jobs.front(), checkpoint::Depth::kNames);
  const InspectedCheckpoint* found = nullptr;
  for (const InspectedCheckpoint& checkpoint : job.checkpoints)
    if (!name || is_called(checkpoint, *name)) found = &checkpoint;
  if (found == nullptr)
    throw UsageError(name ? fmt::format("there is no checkpoint {} in {}: {}", *name, jobs.front(), names_of(job))
                          : fmt::format("there is no completed checkpoint in {}", jobs.front()));
  if (found->manifest == nullptr) throw CorruptionError(found->problems.front());
  return {jobs.front(), found->name, found->manifest};
}

}  // namespace weir::cluster
