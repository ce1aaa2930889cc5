#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/host.h"
#include "weir/core/key_groups.h"
#include "weir/core/row_key.h"
#include "weir/state/cold_reads.h"
#include "weir/state/state_section.h"

namespace weir::state {

/// Brings entries back that a restore left in the cold store, while the job runs: in the order of their rows, a slice
/// at a time.
///
/// Each slice looks at the rows that the cold store has then. What is in memory is newer and stays as it is; what has
/// ended, or lies below a horizon, does not come back. Thread: task thread only, where the sections live.
class ColdLoad {
 public:
  /// A state that began cold.
  struct State {
    std::string name;
    Sliced sliced = Sliced::kNo;
    std::uint64_t counted = 0;  ///< entries that the checkpoint counts
    StateSection* section = nullptr;
  };

  /// `others`: states of which no row is cold. Requires: `states` is not empty; the sections live as long as this.
  ColdLoad(std::string operator_name, KeyGroupRange range, std::map<StateId, State> states,
           std::vector<StateId> others);

  /// Somebody goes through what is in memory: go_on() has to wait.
  bool must_wait() const;

  /// Brings rows back, at most `rows` and for about `slice`. False: all rows were looked at. Requires: !must_wait();
  /// nothing is frozen. Errors: those of the cold store; CorruptionError for rows that no checkpoint can hold.
  bool go_on(ColdReads& reads, Host& host, std::size_t rows, std::chrono::nanoseconds slice);

  /// Errors: CorruptionError if an entry was not among the rows, and is counted still. Requires: go_on() has answered
  /// false, and nothing was evicted meanwhile.
  void check_complete() const;

 private:
  /// Rows up to where it is time to stop, or some are to be left out. False: there are no more.
  bool scan(ColdReads& reads);
  /// False: the row is left out, and those behind it up to next_.
  bool bring_back(std::string_view key, std::string_view value);
  bool enough();

  const std::string operator_name_;
  const KeyGroupRange range_;
  std::map<StateId, State> states_;
  const std::vector<StateId> others_;
  std::string next_;  ///< rows before it were looked at

  // The slice at hand.
  Host* host_ = nullptr;
  MonotonicTime until_{};
  std::size_t rows_left_ = 0;
};

}  // namespace weir::state
