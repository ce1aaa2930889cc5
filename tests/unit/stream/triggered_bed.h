#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "weir/core/hash.h"
#include "weir/core/key_groups.h"
#include "weir/stream/evictors.h"
#include "weir/stream/operators/triggered_window_operator.h"
#include "weir/stream/sessions.h"
#include "weir/stream/triggers.h"

#include "../state/state_bed.h"
#include "driven_operator.h"

namespace weir::tests {

/// A record for windows with triggers.
struct Visit {
  int key = 0;
  std::int64_t value = 0;
};
WEIR_FIELDS(Visit, key, value);

struct VisitAt {
  std::int64_t time;
  int key = 1;
  std::int64_t value = 1;
};

inline BatchPtr visits(const std::vector<VisitAt>& all) {
  auto batch = std::make_unique<Batch<Visit>>(std::max<std::size_t>(all.size(), 1));
  for (const VisitAt& visit : all)
    batch->push(Visit{visit.key, visit.value}, timestamp_ms(visit.time), hash_key(visit.key));
  return batch;
}

/// All values, in the order in which they were added.
struct ListOfVisits {
  using Accumulator = std::vector<std::int64_t>;
  static constexpr bool kCombines = false;
  void start(Accumulator& all, const Visit& visit) const { all.assign(1, visit.value); }
  void add(Accumulator& all, const Visit& visit) const { all.push_back(visit.value); }
  void merge(Accumulator& into, const Accumulator& from) const { into.insert(into.end(), from.begin(), from.end()); }
};

/// "7 [0, 10): 3 4"; "7 all: 3 4" of a global window.
struct ShowVisits {
  using Result = std::string;
  void operator()(int key, const Window& window, const std::vector<std::int64_t>& all, Out<std::string>& out) const {
    const bool global = window.start == kMinTimestamp;
    std::string text =
        global ? fmt::format("{} all:", key) : fmt::format("{} [{}, {}):", key, to_ms(window.start), to_ms(window.end));
    for (const std::int64_t value : all) text += fmt::format(" {}", value);
    out.emit(std::move(text));
  }
};

template <class Assigner, class Trigger, class Contents>
using VisitWindows =
    detail::TriggeredWindows<Visit, int Visit::*, Assigner, Trigger, Contents, ShowVisits, std::string>;

template <class Assigner, class Trigger>
auto windows_of_visits(Assigner assigner, Trigger trigger, Duration lateness = Duration{0}) {
  using Contents = detail::AggregateContents<Visit, ListOfVisits>;
  return VisitWindows<Assigner, Trigger, Contents>{std::move(assigner), lateness, &Visit::key,
                                                   std::move(trigger),  {},       {}};
}
template <class Assigner, class Trigger, class Evictor>
auto evicted_windows_of_visits(Assigner assigner, Trigger trigger, Evictor evictor) {
  using Contents = detail::EvictedContents<Visit, ListOfVisits, Evictor>;
  return VisitWindows<Assigner, Trigger, Contents>{
      std::move(assigner), Duration{0}, &Visit::key, std::move(trigger), {{}, std::move(evictor)}, {}};
}

/// What a barrier leaves of all subtasks.
struct TriggeredCheckpoint {
  std::vector<StateHandle> states;
  std::vector<SavedValues> values;

  std::uint64_t entries() const {
    std::uint64_t all = 0;
    for (const StateHandle& state : states) all += state.entries;
    return all;
  }
};

/// All subtasks of a window operator with triggers, with keyed state; perhaps restored.
template <class Spec>
class TriggeredBed {
 public:
  struct Options {
    std::uint32_t parallelism = 1;
    std::size_t batch_size = 64;
    bool drain = false;
  };

  TriggeredBed(state::StateBed& bed, const Spec& spec, const std::optional<TriggeredCheckpoint>& from = {},
               Options options = {})
      : bed_(bed) {
    for (std::uint32_t i = 0; i < options.parallelism; ++i) {
      auto state = bed.make(SubtaskIndex(i), options.parallelism);
      if (from) state->expect(from->states, bed.fetch());
      auto driven =
          std::make_unique<DrivenOperator>(std::make_unique<detail::TriggeredWindowOperator<Spec>>(spec), &bed.world,
                                           options.drain, state.get(), SubtaskIndex(i), options.parallelism);
      driven->template add_port<std::string>(options.batch_size, [](const std::string& result, Timestamp timestamp) {
        return result.find(" all:") == std::string::npos ? result : fmt::format("{} at {}", result, to_ms(timestamp));
      });
      driven->template add_port<Visit>(options.batch_size, [](const Visit& visit, Timestamp timestamp) {
        return fmt::format("late {} at {}", visit.key, to_ms(timestamp));
      });
      states_.push_back(std::move(state));
      driven_.push_back(std::move(driven));
      if (!from) continue;
      bed.finish_restore(*states_.back());
      if (from->states.size() == options.parallelism) {
        driven_.back()->op().restore(from->values[i]);
      } else {
        EXPECT_TRUE(driven_.back()->op().restore_rescaled(from->values));
      }
    }
  }
  ~TriggeredBed() {
    states_.clear();  // before the sections that they know
  }

  DrivenOperator* operator->() { return driven_.front().get(); }

  void feed(const VisitAt& visit) {
    const auto parallelism = static_cast<std::uint32_t>(driven_.size());
    const KeyGroup group = key_group_of(hash_key(visit.key), kDefaultKeyGroups);
    driven_[subtask_of(group, parallelism, kDefaultKeyGroups).value()]->feed(visits({visit}));
  }
  void watermark(std::int64_t ms) {
    for (auto& driven : driven_) driven->watermark(ms);
  }

  /// What came out of all subtasks, but watermarks and barriers, sorted.
  Strings results() {
    Strings all;
    for (auto& driven : driven_)
      for (std::string& line : driven->take())
        if (!line.starts_with("watermark") && !line.starts_with("barrier")) all.push_back(std::move(line));
    std::sort(all.begin(), all.end());
    return all;
  }

  TriggeredCheckpoint checkpoint() {
    TriggeredCheckpoint checkpoint;
    const CheckpointId id = bed_.next_checkpoint();
    for (std::size_t i = 0; i < driven_.size(); ++i) {
      driven_[i]->barrier(id.value());
      states_[i]->freeze(id);
      checkpoint.values.push_back(driven_[i]->saved());
      checkpoint.states.push_back(bed_.finish(*states_[i]));
    }
    return checkpoint;
  }

 private:
  state::StateBed& bed_;
  std::vector<std::unique_ptr<DrivenOperator>> driven_;
  std::vector<std::unique_ptr<state::KeyedState>> states_;
};

}  // namespace weir::tests
