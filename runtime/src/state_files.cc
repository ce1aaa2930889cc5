#include "weir/runtime/state_files.h"

#include <utility>

#include <fmt/format.h>

#include "weir/core/error.h"

namespace weir::runtime {

StateFiles::StateFiles(std::shared_ptr<const checkpoint::Store> store, checkpoint::StateWriter writer,
                       std::string fetch_directory)
    : store_(std::move(store)), writer_(writer), fetch_directory_(std::move(fetch_directory)) {}

void StateFiles::set_base(checkpoint::BaseFiles base) {
  const std::lock_guard lock(mutex_);
  base_ = std::move(base);
}

std::optional<std::pair<std::string, std::string>> StateFiles::damaged() const {
  const std::lock_guard lock(mutex_);
  return damaged_;
}

state::StoreFiles StateFiles::store_files(std::shared_ptr<StateFiles> self) {
  return [self = std::move(self)](CheckpointId checkpoint, const std::vector<state::ColdFile>& files) {
    return self->store(checkpoint, files);
  };
}

state::FetchFiles StateFiles::fetch_files(std::shared_ptr<StateFiles> self) {
  return [self = std::move(self)](const std::vector<StoredFile>& files) { return self->fetch(files); };
}

std::vector<StoredFile> StateFiles::store(CheckpointId checkpoint, const std::vector<state::ColdFile>& files) {
  checkpoint::BaseFiles base;
  {
    const std::lock_guard lock(mutex_);
    base = base_;
  }
  checkpoint::StateWriter writer = writer_;
  writer.checkpoint = checkpoint;
  std::vector<checkpoint::LocalFile> local;
  local.reserve(files.size());
  for (const state::ColdFile& file : files) local.push_back({file.name, file.path, file.hash});
  return store_->put(writer, local, base);
}

std::vector<state::ColdFile> StateFiles::fetch(const std::vector<StoredFile>& files) {
  std::vector<state::ColdFile> fetched;
  fetched.reserve(files.size());
  for (const StoredFile& file : files) {
    const std::string to = fmt::format("{}/fetched-{}-{}-{}.sst", fetch_directory_, writer_.node.value(),
                                       writer_.subtask.value(), fetched_++);
    try {
      store_->fetch(file, to);
    } catch (const CorruptionError& error) {
      const std::lock_guard lock(mutex_);
      damaged_.emplace(file.path, error.what());
      throw;
    }
    fetched.push_back({file.name, to, file.size});
  }
  return fetched;
}

}  // namespace weir::runtime
