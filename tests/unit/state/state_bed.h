#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weir/core/check.h"
#include "weir/core/error.h"
#include "weir/core/files.h"
#include "weir/core/hash.h"
#include "weir/sim/world.h"
#include "weir/state/keyed_state.h"

namespace weir::state {

/// A simulated world with a directory for checkpoints, in which keyed states are frozen, drained and brought back.
class StateBed {
 public:
  StateBed() {
    for (const char* directory : {"/local", "/checkpoints"}) world.disk().make_directories(directory);
    stores_ = make_map_stores(world, "/local");
  }

  using Wrap = std::function<std::shared_ptr<ColdStore>(std::shared_ptr<ColdStore>)>;

  /// A keyed state on a new cold store. `slice_rows` is the most that work() encodes at a time.
  std::unique_ptr<KeyedState> make(std::size_t slice_rows = 1, const Wrap& wrap = nullptr,
                                   KeyGroupRange range = {0, kDefaultKeyGroups},
                                   std::optional<std::size_t> memory = std::nullopt,
                                   NonRestored non_restored = NonRestored::kRefused) {
    KeyedState::Options options;
    options.operator_name = "counts";
    options.range = range;
    options.host = &world;
    options.cold = stores_->make("store" + std::to_string(++made_));
    if (wrap) options.cold = wrap(std::move(options.cold));
    options.export_directory = "/local/export" + std::to_string(made_);
    options.store_files = [this](CheckpointId checkpoint, const std::vector<ColdFile>& files) {
      return store(checkpoint, files);
    };
    options.make_scratch = [this] { return stores_->make("scratch" + std::to_string(++made_)); };
    options.slice_rows = slice_rows;
    options.memory = memory;
    options.non_restored = non_restored;
    return std::make_unique<KeyedState>(std::move(options));
  }

  /// The same for one of several subtasks.
  std::unique_ptr<KeyedState> make(SubtaskIndex subtask, std::uint32_t parallelism) {
    return make(1, nullptr, key_groups_of(subtask, parallelism, kDefaultKeyGroups));
  }

  FetchFiles fetch() {
    return [](const std::vector<StoredFile>& files) {
      std::vector<ColdFile> fetched;
      for (const StoredFile& file : files) fetched.push_back({file.name, "/checkpoints/" + file.path, file.size});
      return fetched;
    };
  }

  CheckpointId next_checkpoint() { return CheckpointId(++checkpoint_); }

  /// Lets a drain go on for one piece of work; its handle when it has ended.
  std::optional<StateHandle> step(KeyedState& state) {
    if (!state.work() && !state.can_freeze()) world.run_one();
    if (const std::exception_ptr failure = state.take_failure()) std::rethrow_exception(failure);
    return state.take_frozen();
  }

  StateHandle finish(KeyedState& state) {
    for (;;) {
      if (auto handle = step(state)) return *std::move(handle);
    }
  }

  StateHandle checkpoint(KeyedState& state) {
    state.freeze(next_checkpoint());
    return finish(state);
  }

  /// After the sections were added.
  void finish_restore(KeyedState& state) {
    state.start_restore();
    while (!state.restored()) world.run_one();
  }

  sim::World world{1};
  bool refuse_to_store = false;

 private:
  std::vector<StoredFile> store(CheckpointId checkpoint, const std::vector<ColdFile>& files) {
    if (refuse_to_store) throw ExternalError("the disk is full");
    std::vector<StoredFile> stored;
    for (const ColdFile& file : files) {
      const std::string name = std::to_string(checkpoint.value()) + "-" + std::to_string(++stored_);
      WEIR_CHECK(world.files().link(file.path, "/checkpoints/" + name) == LinkResult::kLinked, name);
      stored.push_back({name, file.size, Hash128{}, file.name});
    }
    return stored;
  }

  std::unique_ptr<ColdStores> stores_;
  int made_ = 0;
  std::uint64_t checkpoint_ = 0;
  std::uint64_t stored_ = 0;
};

/// Shares of memory that state has to leave.
inline constexpr std::size_t kLittleMemory[] = {0, 0, 30'000, 400'000, 1'500'000};

/// Random steps of a state under test and of a model, with freezes and pieces of drains in between: every checkpoint,
/// brought back, is the model as it was at the freeze. Now and then what was brought back goes on instead.
///
/// Subject: default constructible; open(KeyedState&), step(random), check() against its model, `model`.
template <class Subject, class Random>
void play_with_restores(Random& random, int steps, std::optional<std::size_t> memory = std::nullopt) {
  StateBed bed;
  const auto make = [&] { return bed.make(1, nullptr, {0, kDefaultKeyGroups}, memory); };
  auto state = make();
  auto subject = std::make_unique<Subject>();
  subject->open(*state);
  std::optional<decltype(subject->model)> frozen;
  for (int i = 0; i < steps; ++i) {
    subject->step(random);
    if (memory && !frozen) {
      state->work();
      if (random() % 4 == 0) bed.world.run_for(std::chrono::microseconds(random() % 200));
    } else if (!frozen && random() % 4 == 0) {
      state->work();  // what was restored comes back
    }
    if (!frozen && random() % 16 == 0) {
      while (state->evicting(KeyedState::NextEviction::kWaits))
        if (!state->work()) bed.world.run_one();
      state->freeze(bed.next_checkpoint());
      frozen = subject->model;
    } else if (frozen && random() % 4 == 0) {
      const auto handle = bed.step(*state);
      if (!handle) continue;
      subject->check();
      auto again_state = make();
      auto again = std::make_unique<Subject>();
      again_state->expect({*handle}, bed.fetch());
      again->open(*again_state);
      bed.finish_restore(*again_state);
      again->model = *std::exchange(frozen, std::nullopt);
      again->check();
      if (random() % 2 == 0) {
        state = std::move(again_state);
        subject = std::move(again);
      }
    }
  }
}

}  // namespace weir::state
