#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::state {

/// What is known of an operator's state and its share of memory.
struct MemoryFacts {
  std::size_t share = 0;
  std::size_t held = 0;           ///< bytes of tables, of rows on their way, and of those that changes will make
  std::size_t changed_bytes = 0;  ///< that writing down what has changed would take
  bool drain_under_way = false;
  bool may_evict = false;  ///< the cold store has all that was written
};

/// What is done next to keep the share.
enum class MemoryStep : std::uint8_t { kNothing, kEvict, kDrain };

/// Decides when entries leave memory. Pure but for what it remembers of earlier rounds. Thread: one owner.
///
/// Above 7/8 of the share entries are evicted, down to 3/4; two rounds bring out all that is clean, for the first only
/// takes note of what was used. When that does not suffice, or what has changed would take a third of the share to
/// write down, a drain makes it clean.
class MemoryShare {
 public:
  MemoryStep decide(const MemoryFacts& facts);

  /// All tables were looked at once more. `held` is what is left.
  void round_ended(std::size_t held);

  /// Entries became clean.
  void drained() { rounds_left_ = kRounds; }

 private:
  static constexpr int kRounds = 2;

  bool evicting_ = false;  ///< from the upper mark down to the lower one
  int rounds_left_ = kRounds;
  std::size_t stuck_at_ = 0;  ///< what was held when the rounds were over
};

}  // namespace weir::state
