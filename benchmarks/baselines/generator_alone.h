#pragma once

#include "benchmarks/result.h"
#include "benchmarks/settings.h"

namespace weir::benchmarks {

/// Generates the bids and looks at none: the share of every variant's time that is not the query's.
Result generate_numbers(const Settings& settings);

/// The same with whole bids, their texts in an arena that is cleared for each batch.
Result generate_whole_bids(const Settings& settings);

}  // namespace weir::benchmarks
