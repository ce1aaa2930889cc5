#include "frozen_rows.h"

#include <utility>

#include <fmt/format.h>

#include "weir/core/file_tools.h"
#include "weir/state/lost_local_state.h"

namespace weir::state {

namespace {

/// Removes an export's directory when it has served; what is left of it goes with the process's local directory.
class ExportDirectory {
 public:
  ExportDirectory(FileSystem& files, std::string path) : files_(files), path_(std::move(path)) {}
  ExportDirectory(const ExportDirectory&) = delete;
  ExportDirectory& operator=(const ExportDirectory&) = delete;

  const std::string& path() const { return path_; }

  void remove() {
    if (!files_.exists(path_)) return;
    for (const DirectoryEntry& entry : files_.list(path_)) files_.remove(path_ + "/" + entry.name);
    files_.remove(path_);
  }

 private:
  FileSystem& files_;
  std::string path_;
};

std::vector<Horizon> horizons_of(const StateHandle& handle, std::vector<Horizon> horizons) {
  for (const KeyedStateInfo& state : handle.states)
    if (state.sliced == Sliced::kYes) horizons.push_back({state.id, state.horizon});
  return horizons;
}

/// Runs `work`. Errors: its own, or LostLocalState when that is why.
template <class Work>
void or_lost(FileSystem& files, const std::string& directory, const Work& work) {
  try {
    work();
  } catch (const Error& error) {
    if (files.exists(directory)) throw;
    throw LostLocalState(
        fmt::format("somebody removed {}, where the job keeps its state while it runs: {}", directory, error.what()));
  }
}

}  // namespace

void FrozenRows::write() {
  or_lost(host->files(), parent_of(export_directory), [this] {
    if (!rows.empty()) ingest();
  });
  written = true;
}

void FrozenRows::ingest() {
  if (sorted_.empty()) sorted_ = spare_memory ? rows.take_sorted() : rows.sorted();
  cold->ingest(sorted_);
  sorted_ = {};
}

void FrozenRows::store() {
  or_lost(host->files(), parent_of(export_directory), [this] { export_and_store(); });
}

void FrozenRows::export_and_store() {
  ExportDirectory directory(host->files(), export_directory + "-" + std::to_string(checkpoint.value()));
  directory.remove();
  ColdExport exported = cold->export_to(directory.path());
  host->crash_point("checkpoint: exported");
  handle.metadata = std::move(exported.metadata);
  handle.files = store_files(checkpoint, exported.files);
  directory.remove();
  // What lies below is in no export to come; this one, and those before it, have files of their own.
  cold->set_horizons(horizons_of(handle, expired));
}

}  // namespace weir::state
