#include "subtask_counts.h"

#include <algorithm>
#include <cstddef>

namespace weir::runtime {
namespace {

template <class Number>
Number value(const std::atomic<Number>& counter) {
  return counter.load(std::memory_order_relaxed);
}

std::uint64_t nanoseconds(std::chrono::nanoseconds time) { return static_cast<std::uint64_t>(time.count()); }

SubtaskStatus status_of(const TaskMetrics& metrics, MonotonicTime now) {
  SubtaskStatus status;
  status.state = metrics.state.load(std::memory_order_acquire);
  status.started_ms = metrics.deployed_ms;
  status.ended_ms = value(metrics.ended_ms);
  status.records_in = value(metrics.operators.front()->records_in);
  status.records_out = value(metrics.operators.back()->records_out);
  status.bytes_in = value(metrics.bytes_in);
  status.bytes_out = value(metrics.bytes_out);
  for (const auto& counters : metrics.operators) {
    status.late += value(counters->late);
    status.malformed += value(counters->malformed);
    status.far_future += value(counters->far_future);
  }
  const TaskTimes::Sums times = metrics.times.sums(now);
  status.busy_ns = nanoseconds(times.busy);
  status.idle_ns = nanoseconds(times.idle);
  status.back_pressured_ns = nanoseconds(times.back_pressured);
  const std::int64_t watermark = value(metrics.operators.back()->watermark_ms);
  if (watermark != to_ms(Watermark::none().time())) status.watermark_ms = watermark;
  status.alignment_ns = value(metrics.alignment_ns);
  status.memory = metrics.memory.get();
  return status;
}

RecordCounts counts_of(const GraphNode& node, const OperatorMetrics& counters) {
  RecordCounts counts;
  if (node.source) counts.records_in = value(counters.records_out);
  if (node.outputs.empty()) {
    counts.records_out = value(counters.records_in);
    counts.any_sink = true;
    counts.watermark_ms = value(counters.watermark_ms);
  }
  counts.late = value(counters.late);
  counts.malformed = value(counters.malformed);
  counts.far_future = value(counters.far_future);
  return counts;
}

}  // namespace

ShareReport count_subtasks(const Graph& graph, const Plan& plan,
                           const std::vector<std::vector<std::unique_ptr<TaskMetrics>>>& metrics, MonotonicTime now) {
  ShareReport report;
  for (std::size_t vertex = 0; vertex < metrics.size(); ++vertex) {
    const std::vector<NodeId>& chain = plan.tasks[vertex].chain;
    for (std::size_t i = 0; i < metrics[vertex].size(); ++i) {
      const TaskMetrics* subtask = metrics[vertex][i].get();
      if (subtask == nullptr) continue;
      VertexSubtask& counted =
          report.subtasks.emplace_back(VertexSubtask{static_cast<std::uint32_t>(vertex), status_of(*subtask, now)});
      counted.subtask.index = static_cast<std::uint32_t>(i);
      for (std::size_t at = 0; at < chain.size(); ++at)
        report.counts.add(counts_of(graph.node(chain[at]), *subtask->operators[at]));
    }
  }
  return report;
}

void add_earlier(SubtaskStatus& subtask, const SubtaskStatus& earlier) {
  subtask.records_in += earlier.records_in;
  subtask.records_out += earlier.records_out;
  subtask.bytes_in += earlier.bytes_in;
  subtask.bytes_out += earlier.bytes_out;
  subtask.late += earlier.late;
  subtask.malformed += earlier.malformed;
  subtask.far_future += earlier.far_future;
  subtask.busy_ns += earlier.busy_ns;
  subtask.idle_ns += earlier.idle_ns;
  subtask.back_pressured_ns += earlier.back_pressured_ns;
}

}  // namespace weir::runtime
