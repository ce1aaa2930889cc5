#pragma once

#include <cstddef>

#include "weir/core/graph.h"
#include "weir/runtime/job_options.h"

namespace weir::runtime {

/// How a job's memory is shared out, in bytes.
struct MemoryPlan {
  std::size_t process = 0;      ///< threads, open files
  std::size_t batches = 0;      ///< records on their way between subtasks, at most
  std::size_t cold_stores = 0;  ///< RocksDB's cache and buffers
  std::size_t keyed = 0;        ///< subtasks with keyed state
  std::size_t state_share = 0;  ///< of each of them; 0 if there are none
};

/// What the cold stores get of a budget.
std::size_t cold_store_memory(std::size_t budget);

/// Shares `budget` out: a megabyte for what threads and open files take, to batches what full channels take, a quarter
/// to the cold stores, the rest to the keyed state of each subtask in equal parts. What user code allocates, strings in
/// records among it, is not in it. Errors: UserError for a budget that leaves a subtask too little, with the one that
/// would do.
MemoryPlan plan_memory(std::size_t budget, const Graph& graph, const Plan& plan, const JobOptions& options);

}  // namespace weir::runtime
