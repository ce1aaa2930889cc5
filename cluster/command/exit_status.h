#pragma once

namespace weir::cluster {

/// How the command ends.
enum class ExitStatus : int {
  kFine = 0,
  kProblem = 1,  ///< damage was found, or something could not be read
  kUsage = 2,    ///< wrong arguments
  kDropped = 3,  ///< a job would go on only if state may be dropped
};

}  // namespace weir::cluster
