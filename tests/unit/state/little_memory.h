#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/core/error.h"

#include "state_bed.h"

namespace weir::state {

inline constexpr std::size_t kShare = 2'000'000;
inline constexpr KeyGroupRange kAll{0, kDefaultKeyGroups};
/// Between two calls of work(): records of a batch.
inline constexpr std::uint64_t kBatch = 256;
/// What a batch may take beyond the share: entries, and segments that split for them.
inline constexpr std::size_t kBatchBytes = 600'000;

/// A keyed state with little memory, and what a task does with it between two batches.
struct LittleMemory {
  explicit LittleMemory(const StateBed::Wrap& wrap = nullptr, std::size_t share = kShare)
      : state(bed.make(1'024, wrap, kAll, share)) {}

  void between_batches() {
    bool more = work();
    while (more || state->full()) {
      if (!more) bed.world.run_one();
      more = work();
    }
  }
  bool work() {
    const bool more = state->work();
    most = std::max(most, state->memory_use().bytes);
    return more;
  }

  StateBed bed;
  std::unique_ptr<KeyedState> state;
  std::size_t most = 0;
};

template <class T>
std::string error_of(T&& act) {
  try {
    act();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "no error";
}

/// Fails when it is told to.
class Failing final : public ColdStore {
 public:
  enum class At { kNothing, kReading, kWriting };

  explicit Failing(std::shared_ptr<ColdStore> store) : store_(std::move(store)) {}

  void ingest(const std::vector<RowChange>& changes) override {
    if (at == At::kWriting) throw ExternalError("no space left on device");
    store_->ingest(changes);
  }
  void scan(std::string_view from, std::string_view to,
            const std::function<void(std::string_view, std::string_view)>& f) override {
    store_->scan(from, to, f);
  }
  void scan_some(std::string_view from, std::string_view to,
                 const std::function<bool(std::string_view, std::string_view)>& f) override {
    if (at == At::kReading) throw ExternalError("an input/output error");
    store_->scan_some(from, to, f);
  }
  std::optional<std::string> last_key(std::string_view from, std::string_view to) override {
    if (at == At::kReading) throw ExternalError("an input/output error");
    return store_->last_key(from, to);
  }
  std::vector<std::optional<std::string>> multi_get(const std::vector<std::string_view>& keys) override {
    if (at == At::kReading) throw ExternalError("an input/output error");
    return store_->multi_get(keys);
  }
  ColdExport export_to(const std::string& directory) override {
    if (exporting) exporting();
    return store_->export_to(directory);
  }
  void import(std::string_view metadata, const std::vector<ColdFile>& files) override {
    store_->import(metadata, files);
  }
  void set_horizons(const std::vector<Horizon>& horizons) override { store_->set_horizons(horizons); }

  At at = At::kNothing;
  std::function<void()> exporting;

 private:
  std::shared_ptr<ColdStore> store_;
};

}  // namespace weir::state
