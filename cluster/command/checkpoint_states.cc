#include "checkpoint_states.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "weir/core/error.h"
#include "weir/core/file_tools.h"
#include "weir/core/key_codec.h"
#include "weir/state/rocksdb_stores.h"
#include "weir/state/row_bounds.h"
#include "weir/state/state_declaration.h"

namespace weir::cluster {
namespace {

const KeyedStateInfo* find_state(const StateHandle& handle, const std::string& name) {
  const auto found = std::find_if(handle.states.begin(), handle.states.end(),
                                  [&](const KeyedStateInfo& info) { return info.name == name; });
  return found == handle.states.end() ? nullptr : &*found;
}

/// Their names, for messages.
std::string files_of(const StateHandle& handle) {
  std::vector<std::string> paths;
  for (const StoredFile& file : handle.files) paths.push_back(file.path);
  return fmt::format("{}", fmt::join(paths, ", "));
}

/// Takes the time of a timer off the end of its row, where it was once.
Timestamp take_time(std::string_view& key) {
  constexpr std::size_t kBytes = 8;
  if (key.size() < kBytes) throw CorruptionError("a timer has no time");
  std::string_view time = key.substr(key.size() - kBytes);
  key.remove_suffix(kBytes);
  return decode_key<Timestamp>(time);
}

}  // namespace

CheckpointStates::CheckpointStates(Host& host, const std::string& job_directory,
                                   std::shared_ptr<const checkpoint::Manifest> manifest, const std::string& scratch)
    : host_(host),
      manifest_(std::move(manifest)),
      directory_(fmt::format("{}/weir-checkpoint-{:016x}", scratch, host.random())) {
  host.files().make_directories(directory_ + "/rows");
  try {
    stores_ = state::make_rocksdb_stores(host, directory_ + "/rows");
    const checkpoint::Store store(host, checkpoint::Layout(job_directory));
    for (const OperatorSnapshot& snapshot : manifest_->operators)
      if (snapshot.keyed) open(store, snapshot);
  } catch (const std::exception&) {
    subtasks_.clear();
    stores_.reset();
    remove_tree(host.files(), directory_);
    throw;
  }
}

CheckpointStates::~CheckpointStates() {
  subtasks_.clear();
  stores_.reset();
  try {
    remove_tree(host_.files(), directory_);
  } catch (const std::exception& error) {
    host_.print(StandardStream::kError, fmt::format("weir: {} stays there: {}\n", directory_, error.what()));
  }
}

void CheckpointStates::open(const checkpoint::Store& store, const OperatorSnapshot& snapshot) {
  const StateHandle& handle = *snapshot.keyed;
  for (const KeyedStateInfo& info : handle.states) {
    const bool known = std::any_of(states_.begin(), states_.end(), [&](const State& state) {
      return state.operator_name == snapshot.name && state.info.name == info.name;
    });
    if (!known) states_.push_back({snapshot.name, info});
  }
  if (handle.files.empty()) return;
  const std::size_t number = subtasks_.size();
  std::vector<state::ColdFile> files;
  for (const StoredFile& file : handle.files) {
    const std::string path = fmt::format("{}/{}-{}.sst", directory_, number, files.size());
    store.fetch(file, path);
    files.push_back({file.name, path, file.size});
  }
  auto rows = stores_->make(std::to_string(number));
  rows->import(handle.metadata, files);
  subtasks_.push_back({snapshot.name, &handle, std::move(rows)});
}

void CheckpointStates::for_each(const State& state, KeyGroup group, const std::function<void(const Row&)>& f) const {
  for (const Subtask& subtask : subtasks_) {
    if (subtask.operator_name != state.operator_name || !subtask.handle->range.contains(group)) continue;
    const KeyedStateInfo* info = find_state(*subtask.handle, state.info.name);
    if (info == nullptr) continue;
    const state::RowBounds bounds(group, info->id);
    try {
      subtask.rows->scan(bounds.from.view(), bounds.to.view(), [&](std::string_view key, std::string_view value) {
        RowPrefix prefix = take_row_prefix(key, info->sliced);
        if (state::timers_lie_by_key(*info, info->kind)) prefix.slice_end = take_time(key);
        if (prefix.slice_end && *prefix.slice_end <= info->horizon) return;
        f({prefix, key, value});
      });
    } catch (const CorruptionError& error) {
      throw CorruptionError(fmt::format("state '{}/{}' in {}: {}", state.operator_name, state.info.name,
                                        files_of(*subtask.handle), error.what()));
    }
  }
}

}  // namespace weir::cluster
