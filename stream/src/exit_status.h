#pragma once

namespace weir::detail {

// How a job's process ends besides 0 and the signals: docs/running.md.

inline constexpr int kFailed = 1;
inline constexpr int kWrongUsage = 2;  ///< UsageError: nothing was started

}  // namespace weir::detail
