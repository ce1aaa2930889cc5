#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "weir/core/time.h"

namespace weir::checkpoint {

/// What a job does when its checkpoint directory holds something of it already.
enum class RestoreMode : std::uint8_t {
  kAuto,  ///< goes on from the newest completed checkpoint
  kNone,  ///< refuses
};

/// Whose a savepoint is that a job begins with.
enum class ClaimMode : std::uint8_t {
  kNoClaim,  ///< its owner's: nothing of it is changed, ever
  kClaim,    ///< the job's: removed like a checkpoint of its own, when newer ones have taken its place
};

/// How a job takes checkpoints and goes on from them.
struct Options {
  std::string directory;                            ///< the root; several jobs may share it
  std::string job;                                  ///< the job's identity: its name, or what --weir.job says
  std::string holder;                               ///< who runs it, for the lock: "host:pid"
  Duration interval{10'000};                        ///< from one trigger to the next
  Duration minimum_pause{0};                        ///< at least so long between the end of one and the next trigger
  Duration timeout{600'000};                        ///< a checkpoint that takes longer is aborted
  std::optional<std::uint32_t> tolerated_failures;  ///< in a row, before the job fails; absent: any number
  std::uint32_t retained = 2;                       ///< completed checkpoints that are kept
  bool keep_on_cancel = true;                       ///< a cancelled job's checkpoints stay, so that it can go on
  RestoreMode restore = RestoreMode::kAuto;
  bool takeover = false;          ///< fences a process that holds the directory
  bool restart_finished = false;  ///< a job that has finished starts anew, in an emptied directory
  std::string from;  ///< a savepoint's directory: where a job begins that has no checkpoint of its own; empty: none
  ClaimMode claim = ClaimMode::kNoClaim;  ///< of `from`
  bool accept_duplicates = false;  ///< may go back behind the newest checkpoint although output could be repeated
};

}  // namespace weir::checkpoint
