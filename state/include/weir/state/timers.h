#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "weir/core/hash.h"
#include "weir/core/key_groups.h"
#include "weir/core/row_key.h"
#include "weir/core/time.h"
#include "weir/state/cold_store.h"
#include "weir/state/cold_times.h"
#include "weir/state/current_key.h"
#include "weir/state/keyed_state.h"
#include "weir/state/keyed_table.h"
#include "weir/state/row_bounds.h"
#include "weir/state/state_declaration.h"
#include "weir/state/timer_index.h"
#include "weir/state/timer_key.h"

namespace weir::state {

/// Times at which keys want to be called, in event time or in processing time: one object for each.
///
/// A key has at most one timer for a time.
///
/// With a memory budget those that are due latest, and behind a restart all at first, are in the cold store alone. They
/// come back some at a time before they are due: when nothing in memory is earlier, the next rows of the key group that
/// has the earliest are read. set() and cancel() look for a timer there only if it may lie between the earliest and the
/// latest of its key group that are. Thread: task thread only. Errors: those of the cold store, from any call: a timer
/// that cannot be read is not taken for none.
template <class K>
class Timers final : private KeyedTable<TimerKey<K>, std::monostate>, private TimerIndex::Entries {
  using Base = KeyedTable<TimerKey<K>, std::monostate>;

 public:
  /// Requires: `key` lives as long as this.
  explicit Timers(const CurrentKey<K>& key) : Base(MayEvict::kYes), key_(key) {}

  /// In the operator's open(); without it the timers are lost with the operator. Requires: this lives as long as
  /// `state`.
  void open(KeyedState& state, std::string name) {
    range_ = state.range();
    cold_.open(range_);
    scratch_bytes_ = state.scratch_bytes();
    read_at_once_ = rows_at_once(state);
    state.add(declare_timers<K>(std::move(name)), *this);
  }

  /// Sets a timer of the current key. False: it is set already.
  bool set(Timestamp time) {
    const std::uint64_t hash = hash_of(time);
    const View<KeyView> timer{time, key_.key()};
    if (this->table().holds(hash, timer)) return false;
    if (may_be_cold(hash, time) && std::as_const(this->table()).find(hash, timer) != nullptr) return false;
    this->table().insert_absent(hash, timer);
    note(time, hash);
    return true;
  }

  /// Takes back a timer of the current key. False: there is none.
  bool cancel(Timestamp time) {
    const std::uint64_t hash = hash_of(time);
    const View<KeyView> timer{time, key_.key()};
    if (this->incomplete() && !may_be_cold(hash, time) && !this->table().holds(hash, timer)) return false;
    if (!this->table().erase(hash, timer)) return false;
    index_.ended(time);
    index_.tidy();
    return true;
  }

  /// The time of the earliest timer.
  std::optional<Timestamp> first() const {
    const auto earliest = const_cast<Timers&>(*this).find_first();
    return earliest ? std::optional(earliest->time) : std::nullopt;
  }

  /// Takes the earliest timer off, if it is at or before `now`, and gives its key and time. False: there is none.
  /// Timers of one time come in no order that means anything. `key` keeps its capacity.
  bool take_due(Timestamp now, K& key, Timestamp& time) {
    const auto earliest = find_first();
    if (!earliest || earliest->time > now) return false;
    time = earliest->time;
    const Found found{time};
    WEIR_CHECK(this->table().holds(earliest->hash, found), to_ms(time));
    key = *found.key;
    index_.take_first();
    this->table().erase(earliest->hash, View<K>{time, key});
    return true;
  }

  /// Timers that are set.
  std::size_t size() const { return this->entries(); }

  /// What the index holds: the timers in memory, and some that are not there any more.
  std::size_t index_entries() const { return index_.size(); }

 private:
  using Timer = TimerKey<K>;
  using KeyView = typename CurrentKey<K>::View;
  template <class Key>
  using View = typename Timer::template View<Key>;

  static constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

  /// Looks up by the hash and the time alone, and notes the key.
  struct Found {
    Timestamp time;
    mutable const K* key = nullptr;

    friend bool operator==(const Timer& timer, const Found& found) {
      if (timer.time != found.time) return false;
      found.key = &timer.key;
      return true;
    }
  };

  /// Finds nothing, but counts the entries with a hash and a time.
  struct Count {
    Timestamp time;
    mutable std::size_t entries = 0;

    friend bool operator==(const Timer& timer, const Count& count) {
      if (timer.time == count.time) ++count.entries;
      return false;
    }
  };

  std::uint64_t hash_of(Timestamp time) const { return Timer::hash(key_.hash(), time); }
  KeyGroup group_of(std::uint64_t hash) const { return key_group_of(hash, this->rows().context().key_groups); }

  // ---- The index of what is in memory.

  void note(Timestamp time, std::uint64_t hash) { index_.add({time, hash}); }

  void loaded(const Timer& timer, std::uint64_t hash) override { note(timer.time, hash); }

  std::size_t entries_of(const TimerIndex::Timer& timer) const override {
    const Count count{timer.time};
    this->table().holds(timer.hash, count);
    return count.entries;
  }

  std::size_t index_bytes() const override {
    // Blocks that go leave holes between those that stay: half as much again.
    return index_.memory_bytes() / 2 * 3 + cold_.memory_bytes();
  }

  std::optional<TimerIndex::Timer> find_first() {
    if (cold_.first() != ColdTimes::kNever) [[unlikely]]
      bring_first();
    return index_.first();
  }

  // ---- More timers than memory.

  /// Timers that are kept whatever else the share is for: as much as is read back until each key group has its next.
  std::size_t kept_bytes() const { return scratch_bytes_ > kNoLimit / 2 ? kNoLimit : 2 * scratch_bytes_; }

  /// How many rows of a key group are read back at once: those of all key groups fit into what may be taken for a
  /// while, unless that is very little.
  std::size_t rows_at_once(const KeyedState& state) const {
    constexpr std::size_t kLeast = 8;
    constexpr std::size_t kMost = 1'024;
    constexpr std::size_t kTimerBytes = 128 + 2 * sizeof(Timer);
    const std::size_t groups = std::max<std::size_t>(state.range().size(), 1);
    return std::clamp(scratch_bytes_ / groups / kTimerBytes, kLeast, kMost);
  }

  bool may_be_cold(std::uint64_t hash, Timestamp time) const {
    return this->incomplete() && cold_.may_hold(group_of(hash), time);
  }

  /// Of each thousand timers the later half goes.
  bool evict_some(typename Base::Hand& hand) override {
    if (this->memory().bytes <= kept_bytes()) return false;
    const auto later_half = [this](auto&& for_each) {
      times_.clear();
      for_each([this](const Timer& timer) { times_.push_back(timer.time); });
      const auto middle = times_.begin() + static_cast<std::ptrdiff_t>(times_.size() / 2);
      std::nth_element(times_.begin(), middle, times_.end());
      const Timestamp from = times_.empty() ? Timestamp::max() : *middle;
      return [from](const Timer& timer) { return timer.time >= from; };
    };
    const bool more = this->table().evict_chosen(
        hand, later_half, [this](const Timer& timer, std::uint64_t hash) { evicted(timer, hash); });
    index_.tidy();
    return more;
  }

  /// About to be; the table has it still.
  void evicted(const Timer& timer, std::uint64_t hash) {
    cold_.add(group_of(hash), timer.time);
    index_.ended(timer.time);
  }

  void left_cold(const RowPrefix& prefix, std::string_view) override { cold_.add(prefix.group, *prefix.slice_end); }

  /// The first row of each key group and the last tell between which times its timers lie.
  bool all_left_cold(ColdStore& cold) override {
    for (std::uint32_t group = range_.begin; group < range_.end; ++group)
      if (!left_cold_of(KeyGroup(static_cast<KeyGroup::rep>(group)), cold)) {
        none_cold();
        return false;
      }
    return true;
  }
  void none_cold() override {
    cold_ = {};
    cold_.open(range_);
  }

  /// False: one is for a time of which ColdTimes cannot know.
  bool left_cold_of(KeyGroup group, ColdStore& cold) {
    const RowBounds bounds(group, this->rows().context().id);
    const auto add = [&](std::string_view row_key) {
      const Timestamp time = *take_row_prefix(row_key, Sliced::kYes).slice_end;
      if (time == ColdTimes::kNever) return false;
      cold_.add(group, time);
      return true;
    };
    bool known = true;
    cold.scan_some(bounds.from.view(), bounds.to.view(), [&](std::string_view row_key, std::string_view) {
      known = add(row_key);
      return false;
    });
    if (const auto last = cold.last_key(bounds.from.view(), bounds.to.view())) known = add(*last) && known;
    return known;
  }

  /// Reads until no timer that only the cold store has is earlier than all in memory.
  void bring_first() {
    while (cold_.first() < first_in_memory()) bring_next_of(cold_.first_group());
  }

  Timestamp first_in_memory() {
    const auto earliest = index_.first();
    return earliest ? earliest->time : ColdTimes::kNever;
  }

  /// Reads the next timers of a key group.
  void bring_next_of(KeyGroup group) {
    const SectionContext& context = this->rows().context();
    KeyBuffer from;
    append_row_prefix({group, context.id, cold_.first()}, from);
    const std::string& first_row = cold_.first_row(group);
    const RowBounds bounds(group, context.id);
    std::size_t left = read_at_once_;
    std::optional<Timestamp> last;
    std::optional<Timestamp> next;
    std::string next_row;
    context.reads->scan(first_row.empty() ? from.view() : std::string_view(first_row), bounds.to.view(),
                        [&](std::string_view row_key, std::string_view row) {
                          std::string_view key = row_key;
                          const RowPrefix prefix = take_row_prefix(key, Sliced::kYes);
                          if (left-- == 0) {
                            next = prefix.slice_end;
                            if (next == last) next_row = row_key;
                            return false;
                          }
                          last = prefix.slice_end;
                          read_back(this->rows().key_of(prefix, key), row);
                          return true;
                        });
    if (next) {
      cold_.read_up_to(group, *next, std::move(next_row));
    } else {
      cold_.read_all(group);
    }
  }

  void read_back(const Timer& timer, std::string_view row) {
    const std::uint64_t hash = EntryKey<Timer>::hash(timer);
    std::monostate* value = this->table().come_back(hash, timer);
    if (value == nullptr) return;
    *value = this->rows().value_of(row);
    note(timer.time, hash);
  }

  const CurrentKey<K>& key_;
  KeyGroupRange range_;
  TimerIndex index_{*this};  ///< of what is in memory
  ColdTimes cold_;           ///< of what is not
  std::size_t scratch_bytes_ = kNoLimit;
  std::size_t read_at_once_ = 0;
  std::vector<Timestamp> times_;  ///< of the thousand at hand
};

}  // namespace weir::state
