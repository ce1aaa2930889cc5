#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "weir/core/hash.h"
#include "weir/core/key_codec.h"
#include "weir/core/operator.h"
#include "weir/state/current_key.h"
#include "weir/state/map_state.h"
#include "weir/state/timers.h"
#include "weir/stream/callable.h"
#include "weir/stream/operators/firing_turn.h"
#include "weir/stream/operators/process_operator.h"
#include "weir/stream/operators/records.h"
#include "weir/stream/operators/window_contents.h"
#include "weir/stream/operators/window_entry.h"
#include "weir/stream/trigger.h"

namespace weir::detail {

/// Everything that windows with a trigger are made of. `finish(key, window, accumulator, out)` emits a result.
template <class T, class KeyFn, class AssignerType, class TriggerType, class ContentsType, class Finish, class R>
struct TriggeredWindows {
  using Record = T;
  using Result = R;
  using Key = StoredKey<KeyOf<KeyFn, T>>;
  using Assigner = AssignerType;
  using Trigger = TriggerType;
  using Contents = ContentsType;

  Assigner assigner;
  Duration lateness{0};
  KeyFn key;
  Trigger trigger;
  Contents contents;
  Finish finish;
};

/// Keyed windows one by one: each an entry of its own, with its contents, the state of its trigger and its timers.
///
/// A key's windows are told apart by a time that lies in each: the start of what they were when they came to be. When
/// windows merge, the first takes up the others, and keeps its. A key has one timer for all its windows at a time:
/// where a session grows with every record, its timer stays where it is, and is set anew when it comes.
///
/// Output 0 takes results, with the window's largest timestamp, or where windows never end, the time of the record or
/// timer at hand; output 1 records that came after all their windows were gone. Event timers fire before their
/// watermark is forwarded, those for a time that has passed behind the record or timer that set them; processing timers
/// when the clock has passed them, before records that come then. When the output is full, firing goes on where it was.
template <class Spec>
class TriggeredWindowOperator final : public Operator {
  using T = typename Spec::Record;
  using R = typename Spec::Result;
  using K = typename Spec::Key;
  using Assigner = typename Spec::Assigner;
  using Trigger = typename Spec::Trigger;
  using TriggerState = TriggerStateOf<Trigger>;
  using Entry = WindowEntry<typename Spec::Contents::State, TriggerState>;

 public:
  explicit TriggeredWindowOperator(Spec spec) : spec_(std::move(spec)), time_(spec_.assigner.time()) {}

  void open(const OperatorContext& context) override {
    host_ = context.host;
    metrics_ = context.metrics;
    drain_ = context.drain;
    turn_ = FiringTurn(context.state);
    if (context.state == nullptr) return;
    windows_.open(*context.state, "windows");
    event_timers_.open(*context.state, "timers: event time");
    processing_timers_.open(*context.state, "timers: processing time");
  }

  Progress process(InputIndex, BatchPtr& batch, std::size_t from, Outputs& out) override {
    auto& records = static_cast<Batch<T>&>(*batch);
    if (!fire_all_due(out)) return {from, Stop::kOutputFull};
    const Progress progress = for_each_record(records, from, out, [&](std::size_t i) {
      const T& record = records[i];
      decltype(auto) key = std::invoke(spec_.key, record);
      key_.set(records.hashes()[i], key);
      add(record, records.timestamps()[i], records.hashes()[i], out);
      fire_all_set(out);
    });
    const bool done = progress.stop == Stop::kDone && fire_all_set(out);
    return {progress.next, done ? Stop::kDone : Stop::kOutputFull};
  }

  Stop on_watermark(Watermark watermark, Outputs& out) override {
    moment_.watermark = std::max(moment_.watermark, watermark);
    return fire_events(out, turn_.timers()) ? Stop::kDone : Stop::kOutputFull;
  }

  Stop on_time(Outputs& out) override { return fire_all_due(out) ? Stop::kDone : Stop::kOutputFull; }

  Deadline next_deadline() const override {
    Deadline deadline;
    if (const auto first = processing_timers_.first()) deadline.wall = *first + Duration{1};
    return deadline;
  }

  Stop on_end(Outputs& out) override {
    moment_.draining = true;
    if (!drain_) return Stop::kDone;
    const bool done = fire(processing_timers_, Timestamp::max(), TimeDomain::kProcessingTime, out, turn_.timers());
    return done ? Stop::kDone : Stop::kOutputFull;
  }

  void save(SavedValues& values) const override {
    save_process_time({moment_.watermark, moment_.processing_time}, values);
  }
  void restore(const SavedValues& values) override { set(restore_process_time(values)); }
  bool restore_rescaled(const std::vector<SavedValues>& before) override {
    set(restore_process_time(before));
    return true;
  }

 private:
  void set(const ProcessTime& time) {
    moment_.watermark = time.watermark;
    moment_.processing_time = time.clock;
  }

  // ---- Records.

  void add(const T& record, Timestamp timestamp, std::uint64_t hash, Outputs& out) {
    const Timestamp time = time_ == WindowTime::kProcessing ? moment_.processing_time : timestamp;
    bool counted = false;
    spec_.assigner.assign(record, time, [&](const Window& window) {
      if constexpr (Assigner::kMerges) {
        counted = add_merging(window, record, timestamp, out) || counted;
      } else {
        if (gone(window)) return;
        add_to_window(windows_.update(window.start), window.start, window, record, timestamp, out);
        counted = true;
      }
    });
    if (counted || time_ != WindowTime::kEvent || !moment_.watermark.passes(time + spec_.lateness)) return;
    add_to(metrics_->late, 1);
    out.port<T>(1).emit(record, timestamp, hash);
  }

  /// False: the window is gone, and overlaps with none that is not.
  bool add_merging(const Window& window, const T& record, Timestamp timestamp, Outputs& out) {
    ids_.clear();
    bool inside = false;
    windows_.for_each([&](Timestamp id, const Entry& entry) {
      if (entry.start > window.end || entry.end < window.start) return;
      ids_.push_back(id);
      inside = inside || (entry.start <= window.start && window.end <= entry.end);
    });
    if (ids_.empty()) {
      if (gone(window)) return false;
      add_to_window(windows_.update(window.start), window.start, window, record, timestamp, out);
      return true;
    }
    const Timestamp first = ids_.front();
    if (!inside) merge(window);
    Entry& entry = windows_.update(first);
    add_to_window(entry, first, entry.window(), record, timestamp, out);
    return true;
  }

  /// Makes one of the windows `ids_` and a new one.
  void merge(const Window& window) {
    Timestamp start = window.start;
    Timestamp end = window.end;
    std::optional<typename Spec::Contents::State> contents;
    TriggerState state{};
    for (const Timestamp id : ids_) {
      Entry& entry = windows_.update(id);
      start = std::min(start, entry.start);
      end = std::max(end, entry.end);
      if (contents && entry.contents) {
        spec_.contents.merge(*contents, std::move(*entry.contents));
      } else if (entry.contents) {
        contents = std::move(entry.contents);
      }
      if (id == ids_.front()) {
        state = std::move(entry.trigger);
      } else {
        if constexpr (!std::is_same_v<TriggerState, NoTriggerState>)
          spec_.trigger.merge(state, std::as_const(entry.trigger));
        windows_.erase(id);
      }
    }
    Entry& entry = windows_.update(ids_.front());
    entry.start = start;
    entry.end = end;
    entry.contents = std::move(contents);
    entry.trigger = std::move(state);
    entry.event_timers.times.clear();
    entry.processing_timers.times.clear();
    TriggerContext<TriggerState> context = enter(entry, entry.window());
    spec_.trigger.on_merge(entry.window(), context);
  }

  void add_to_window(Entry& entry, Timestamp id, const Window& window, const T& record, Timestamp timestamp,
                     Outputs& out) {
    entry.start = window.start;
    entry.end = window.end;
    const Timestamp time = time_ == WindowTime::kProcessing ? moment_.processing_time : timestamp;
    spec_.contents.add(entry.contents, record, time);
    TriggerContext<TriggerState> context = enter(entry, window);
    act(spec_.trigger.on_element(record, timestamp, window, context), entry, window, time, out);
    leave(entry, id, window);
  }

  // ---- Windows.

  /// When the window and all that is kept of it goes. Requires: time_ is not kNone.
  Timestamp end_of_life(const Window& window) const { return window.max_timestamp() + spec_.lateness; }

  bool gone(const Window& window) const {
    return time_ == WindowTime::kEvent && moment_.watermark.passes(end_of_life(window));
  }

  /// Makes the window the one that the trigger's calls are about.
  TriggerContext<TriggerState> enter(Entry& entry, const Window& window) {
    const Timestamp end = end_of_life(window);
    moment_.enter(window, entry.event_timers, entry.processing_timers,
                  time_ == WindowTime::kEvent ? end : Timestamp::min(),
                  time_ == WindowTime::kProcessing ? end : Timestamp::min());
    return {moment_, entry.trigger};
  }

  void act(TriggerResult result, Entry& entry, const Window& window, Timestamp time, Outputs& out) {
    if (fires(result) && entry.contents) {
      const EvictorContext context{moment_.watermark, moment_.processing_time};
      spec_.contents.fire(entry.contents, window, context, [&](const auto& accumulator) {
        Out<R> results(out.port<R>(), time_ == WindowTime::kNone ? time : window.max_timestamp());
        spec_.finish(K(key_.key()), window, accumulator, results);
      });
    }
    if (purges(result)) entry.contents.reset();
  }

  /// After the calls for a window: sets the key's timers for what the trigger wants, and for the window's end.
  void leave(Entry& entry, Timestamp id, const Window& window) {
    if (time_ == WindowTime::kNone && holds_nothing(entry)) {
      windows_.erase(id);
      return;
    }
    const Timestamp end = end_of_life(window);
    wake(entry.event_timers, time_ == WindowTime::kEvent ? end : Timestamp::max(), event_timers_);
    wake(entry.processing_timers, time_ == WindowTime::kProcessing ? end : Timestamp::max(), processing_timers_);
  }

  static bool holds_nothing(const Entry& entry) {
    if constexpr (std::equality_comparable<TriggerState>) {
      return !entry.contents && entry.event_timers.times.empty() && entry.processing_timers.times.empty() &&
             entry.trigger == TriggerState{};
    } else {
      return false;
    }
  }

  static void wake(WindowTimers& of, Timestamp end, state::Timers<K>& timers) {
    const Timestamp first = of.times.empty() ? end : std::min(end, of.times.front());
    if (first >= of.wake) return;
    of.wake = first;
    timers.set(first);
  }

  // ---- Timers.

  /// False: the output is full or the turn over, and more is due.
  bool fire_all_due(Outputs& out) {
    moment_.processing_time = std::max(moment_.processing_time, host_->wall_now());
    return fire_all_set(out, turn_.timers());
  }

  bool fire_all_set(Outputs& out, std::size_t most = FiringTurn::kWithoutEnd) {
    return fire(processing_timers_, moment_.processing_time - Duration{1}, TimeDomain::kProcessingTime, out, most) &&
           fire_events(out, most);
  }

  bool fire_events(Outputs& out, std::size_t most) {
    return fire(event_timers_, moment_.watermark.time(), TimeDomain::kEventTime, out, most);
  }

  bool fire(state::Timers<K>& timers, Timestamp now, TimeDomain domain, Outputs& out, std::size_t most) {
    for (auto first = timers.first(); first && *first <= now; first = timers.first()) {
      if (out.full() || most-- == 0) return false;
      Timestamp time;
      if (!timers.take_due(now, due_key_, time)) continue;
      key_.set(hash_key(due_key_), due_key_);
      try {
        look_at_windows(time, domain, out);
      } catch (const std::exception& error) {
        rethrow_at_timer(error, time, describe_record(due_key_));
      }
    }
    return true;
  }

  /// A timer of the key at hand has come: for any of its windows, in their order, or for none any more.
  void look_at_windows(Timestamp time, TimeDomain domain, Outputs& out) {
    ids_.clear();
    windows_.for_each([&](Timestamp id, const Entry& entry) {
      if (timers_of(entry, domain).wake <= time) ids_.push_back(id);
    });
    for (const Timestamp id : ids_) {
      Entry& entry = windows_.update(id);
      timers_of(entry, domain).wake = Timestamp::max();
      call_timers(entry, id, time, domain, out);
    }
  }

  void call_timers(Entry& entry, Timestamp id, Timestamp time, TimeDomain domain, Outputs& out) {
    const Window window = entry.window();
    TriggerContext<TriggerState> context = enter(entry, window);
    while (const auto due = timers_of(entry, domain).take_due(time)) {
      act(call_timer(*due, window, domain, context), entry, window, *due, out);
    }
    const bool ends = time_ == (domain == TimeDomain::kEventTime ? WindowTime::kEvent : WindowTime::kProcessing);
    if (ends && end_of_life(window) <= time) {
      windows_.erase(id);
    } else {
      leave(entry, id, window);
    }
  }

  TriggerResult call_timer(Timestamp time, const Window& window, TimeDomain domain,
                           TriggerContext<TriggerState>& context) {
    if (domain == TimeDomain::kEventTime) {
      if constexpr (HasOnEventTime<Trigger>) return spec_.trigger.on_event_time(time, window, context);
    } else {
      if constexpr (HasOnProcessingTime<Trigger>) return spec_.trigger.on_processing_time(time, window, context);
    }
    return TriggerResult::kContinue;
  }

  template <class E>
  static auto& timers_of(E& entry, TimeDomain domain) {
    return domain == TimeDomain::kEventTime ? entry.event_timers : entry.processing_timers;
  }

  Spec spec_;
  WindowTime time_;
  Host* host_ = nullptr;
  OperatorMetrics* metrics_ = nullptr;
  bool drain_ = false;
  FiringTurn turn_;

  state::CurrentKey<K> key_;
  state::MapState<K, Timestamp, Entry> windows_{key_};  ///< by a time within each
  state::Timers<K> event_timers_{key_};
  state::Timers<K> processing_timers_{key_};
  TriggerMoment moment_;
  K due_key_{};
  std::vector<Timestamp> ids_;  ///< of the windows at hand
};

}  // namespace weir::detail
