#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "weir/checkpoint/layout.h"
#include "weir/checkpoint/options.h"

namespace weir::checkpoint {

/// A completed checkpoint as it was found.
struct FoundCheckpoint {
  enum class Condition : std::uint8_t {
    kWhole,    ///< as far as it was looked at
    kDamaged,  ///< its manifest or one of its files is missing or not what was written
    kForeign,  ///< another format, or another job's: none of our business
  };

  CheckpointName name;
  Condition condition = Condition::kWhole;
  std::string problem;      ///< unless whole: which file, and what is wrong with it
  std::string origin = {};  ///< of a whole one: Manifest::origin
};

/// What was found, and what was asked for.
struct RestoreFacts {
  std::string directory;   ///< the job's, for messages
  bool log = false;        ///< there are entries
  std::string unreadable;  ///< an entry could not be read: which, and why
  bool finished = false;
  std::optional<CheckpointName> lost;      ///< History::lost
  std::vector<FoundCheckpoint> completed;  ///< newest first; what comes after a whole one is not looked at

  RestoreMode mode = RestoreMode::kAuto;
  bool restart_finished = false;
  bool accept_duplicates = false;
  bool exactly_once = false;  ///< the job has a sink that promises it
  std::string savepoint;      ///< savepoint_name() of the one to begin with; empty: none
};

struct RestoreDecision {
  enum class Kind : std::uint8_t {
    kStartEmpty,  ///< from the beginning
    kRestore,     ///< from completed[which]
    kImport,      ///< from the savepoint
    kFinished,    ///< nothing is left to do
    kStartAnew,   ///< empty the directory, then from the beginning
    kRefuse,      ///< the user has to say something else: `message`
    kFail,        ///< what is needed is not there, or not what it was: `message`
  };

  Kind kind = Kind::kStartEmpty;
  std::size_t which = 0;
  std::string message;                ///< of kRefuse and kFail: what is wrong and what to do
  std::vector<std::string> warnings;  ///< of kRestore: what was passed over
};

/// The whole table of what a restore does. A file that turns out to be damaged later is a new fact for the same table.
RestoreDecision decide_restore(const RestoreFacts& facts);

}  // namespace weir::checkpoint
