#pragma once

#include <cstdint>
#include <optional>

#include "benchmarks/result.h"
#include "benchmarks/settings.h"

namespace weir::benchmarks {

/// The same query as a Weir job in this process: source, pre-aggregation, exchange, windows and a sink, on real
/// threads. `workers` is also the parallelism of every operator. With an interval the job takes checkpoints, its state
/// in RocksDB, in a directory that is made for the run and removed.
Result run_weir_count(std::uint32_t workers, const Settings& settings,
                      std::optional<Duration> checkpoint_interval = std::nullopt);

}  // namespace weir::benchmarks
