#include "weir/runtime/memory_plan.h"

#include <algorithm>

#include <fmt/format.h>

#include "weir/core/error.h"
#include "weir/core/output.h"

namespace weir::runtime {

namespace {

constexpr std::size_t kMegabyte = 1'000'000;

/// Less than this is spent on moving state in and out.
constexpr std::size_t kLeastShare = 4 * kMegabyte;
/// Of threads and open files, and what RocksDB holds that is no cache.
constexpr std::size_t kProcess = 1 * kMegabyte;
constexpr std::size_t kLeastForColdStores = 2 * kMegabyte;

/// Of one batch of a port, with timestamps and hashes; texts and what records allocate are not known.
std::size_t batch_bytes(const GraphPort& port, std::size_t batch_size) {
  return port.make(batch_size)->make_batch()->bytes_when_full();
}

/// Batches on one edge: those in its channels, and one on either side of each.
std::size_t batches_of(const PlanEdge& edge, const Plan& plan, const JobOptions& options) {
  const std::size_t producers = plan.tasks[edge.producer.value()].parallelism;
  const std::size_t consumers = plan.tasks[edge.consumer.value()].parallelism;
  const bool pairwise = edge.partitioning == Partitioning::kForward;
  const std::size_t fan_out = pairwise ? 1 : consumers;
  const std::size_t capacity = std::max<std::size_t>(2, options.channel_batches / fan_out);
  return producers * fan_out * (capacity + 2);
}

std::size_t rounded_up(std::size_t bytes) { return (bytes + kMegabyte - 1) / kMegabyte * kMegabyte; }

}  // namespace

std::size_t cold_store_memory(std::size_t budget) { return std::max(budget / 4, kLeastForColdStores); }

MemoryPlan plan_memory(std::size_t budget, const Graph& graph, const Plan& plan, const JobOptions& options) {
  MemoryPlan memory;
  for (const PlanEdge& edge : plan.edges) {
    const GraphPort& port = graph.node(edge.from).outputs[edge.port];
    memory.batches += batches_of(edge, plan, options) * batch_bytes(port, options.batch_size);
  }
  for (const PlanTask& task : plan.tasks)
    for (const NodeId node : task.chain)
      if (graph.node(node).keyed) memory.keyed += task.parallelism;
  memory.cold_stores = cold_store_memory(budget);
  memory.process = kProcess;
  const std::size_t fixed = memory.process + memory.batches;
  const std::size_t taken = fixed + memory.cold_stores;
  const std::size_t least = memory.keyed * kLeastShare;
  if (budget < taken + least) {
    // A quarter of it goes to the cold stores, too.
    const std::size_t enough = std::max((fixed + least) / 3 * 4, fixed + least + kLeastForColdStores);
    throw UserError(
        fmt::format("{} MB of memory are too little for this job: batches on their way and threads take {:.1f} MB, and "
                    "the state of "
                    "each of {} subtasks needs {} MB: {} MB would do (--weir.memory), or less with a smaller "
                    "--weir.parallelism, --weir.channel-batches or --weir.batch-size",
                    budget / kMegabyte, static_cast<double>(fixed) / kMegabyte, memory.keyed, kLeastShare / kMegabyte,
                    rounded_up(enough) / kMegabyte));
  }
  if (memory.keyed > 0) memory.state_share = (budget - taken) / memory.keyed;
  return memory;
}

}  // namespace weir::runtime
