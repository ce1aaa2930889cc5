#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "weir/core/time.h"

namespace weir::state {

/// The timers that a table holds, the earliest first.
///
/// They lie in blocks of some hundred, each with all timers of a stretch of time, in any order; only the first block is
/// a heap. Blocks are large enough that what they leave in the allocator is pages, and serve whoever comes next. A
/// timer whose entry ends elsewhere stays until it is met, or until most of its block is of that kind. Pure. Thread:
/// one owner at a time.
class TimerIndex {
 public:
  struct Timer {
    Timestamp time;
    std::uint64_t hash;  ///< of its entry

    friend auto operator<=>(const Timer&, const Timer&) = default;
  };

  /// The table.
  class Entries {
   public:
    /// How many entries have this time and hash: two keys may have one hash.
    virtual std::size_t entries_of(const Timer& timer) const = 0;

   protected:
    ~Entries() = default;
  };

  /// Requires: `entries` lives as long as this.
  explicit TimerIndex(const Entries& entries) : entries_(entries) {}
  TimerIndex(const TimerIndex&) = delete;
  TimerIndex& operator=(const TimerIndex&) = delete;

  /// Requires: its entry is there.
  void add(Timer timer);

  /// The entry of a timer for this time has ended, or is about to.
  void ended(Timestamp time);

  /// Gives back what ended timers take, where they are many. Requires: entries that were said to have ended have.
  void tidy();

  /// The earliest of those that have not ended. Requires: as tidy() does.
  std::optional<Timer> first();

  /// Takes off what first() has just given; its entry ends.
  void take_first();

  /// Timers, and some that have ended.
  std::size_t size() const { return size_; }

  /// Bytes held.
  std::size_t memory_bytes() const;

 private:
  struct Block {
    std::vector<Timer> timers;
    std::size_t ended = 0;  ///< timers without an entry, or beyond as many as there are entries
    Timestamp earliest = Timestamp::max();
    Timestamp latest = Timestamp::min();

    std::size_t live() const { return timers.size() - ended; }
    bool of_one_time() const { return earliest == latest; }
    bool has_many_ended() const;
    void find_times();
  };
  /// By the time at which their stretches begin: none before that of the first.
  using Blocks = std::map<Timestamp, Block>;
  using Place = Blocks::iterator;

  Place place_of(Timestamp time);
  Place make_beside(Place block, Timestamp time);
  void split(Place block);
  void tidy(Place block);
  void join_with_next(Place block);
  void drop(Place block);
  void take_top();

  /// Calls f(), which changes the timers of the block.
  template <class F>
  void change(Block& block, F&& f);

  const Entries& entries_;
  Blocks blocks_;  ///< none without a live timer
  bool first_is_heap_ = false;
  std::size_t size_ = 0;           ///< of all blocks
  std::size_t places_ = 0;         ///< for timers in all blocks, used or not
  std::vector<Timestamp> untidy_;  ///< of blocks in which many have ended
};

}  // namespace weir::state
