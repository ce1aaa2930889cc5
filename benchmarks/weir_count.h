#pragma once

#include <cstdint>

#include "benchmarks/result.h"
#include "benchmarks/settings.h"

namespace weir::benchmarks {

/// The same query as a Weir job in this process: source, pre-aggregation, exchange, windows and a sink, on real
/// threads. `workers` is also the parallelism of every operator.
Result run_weir_count(std::uint32_t workers, const Settings& settings);

}  // namespace weir::benchmarks
