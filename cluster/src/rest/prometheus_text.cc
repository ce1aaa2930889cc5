#include "rest/prometheus_text.h"

#include <fmt/format.h>

#include "rest/json.h"
#include "rest/metrics.h"

namespace weir::cluster {
namespace {

enum class Quotes : std::uint8_t { kEscaped, kPlain };

std::string escape(std::string_view text, Quotes quotes) {
  std::string out;
  for (const char c : utf8(text)) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || (c == '"' && quotes == Quotes::kEscaped)) out += '\\';
    out += c;
  }
  return out;
}

/// "Status.Process.Memory.Used" with what Prometheus does not allow replaced.
std::string fit_name(std::string_view scope, std::string_view metric) {
  std::string name = fmt::format("{}_{}", scope, metric);
  for (char& c : name)
    if (c == '.') c = '_';
  return name;
}

class Writer {
 public:
  void add(std::string_view scope, const std::vector<Metric>& metrics, const PrometheusText::Labels& labels) {
    for (const Metric& metric : metrics)
      if (!std::holds_alternative<std::string>(metric.value))
        text_.gauge(fit_name(scope, metric.name), metric_help(metric.name), labels, value_number(metric));
  }
  std::string text() const { return text_.text(); }

 private:
  PrometheusText text_;
};

}  // namespace

void PrometheusText::gauge(const std::string& name, std::string_view help, const Labels& labels, double value) {
  Family& family = families_[name];
  if (family.samples.empty()) family.help = help;
  std::string sample = name;
  if (!labels.empty()) {
    sample += '{';
    for (const auto& [label, text] : labels)
      sample += fmt::format("{}{}=\"{}\"", sample.back() == '{' ? "" : ",", label, escape(text, Quotes::kEscaped));
    sample += '}';
  }
  family.samples.push_back(fmt::format("{} {}", sample, value));
}

std::string PrometheusText::text() const {
  std::string out;
  for (const auto& [name, family] : families_) {
    out += fmt::format("# HELP {} {}\n# TYPE {} gauge\n", name, escape(family.help, Quotes::kPlain), name);
    for (const std::string& sample : family.samples) out += sample + '\n';
  }
  return out;
}

std::string prometheus_text(const ClusterView& view, const Rates& rates) {
  Writer writer;
  writer.add("flink_jobmanager", cluster_metrics(view), {});
  for (const TaskManagerStatus& manager : view.task_managers())
    writer.add("flink_taskmanager", task_manager_metrics(manager), {{"tm_id", manager.id}});
  for (const JobEntry& job : view.jobs()) {
    const runtime::JobStatus& status = *job.status;
    writer.add("flink_jobmanager_job", job_metrics(status), {{"job_id", job.id}, {"job_name", status.name}});
    if (status.ended_ms >= 0) continue;
    const auto of_job = rates.of(job);
    for (std::size_t v = 0; v < status.vertices.size(); ++v) {
      const runtime::VertexStatus& vertex = status.vertices[v];
      for (std::size_t s = 0; s < vertex.subtasks.size(); ++s) {
        const bool is_known = v < job.task_managers.size() && s < job.task_managers[v].size();
        writer.add("flink_taskmanager_job_task", subtask_metrics(vertex.subtasks[s], of_job[v][s]),
                   {{"job_id", job.id},
                    {"job_name", status.name},
                    {"task_id", vertex.id},
                    {"task_name", vertex.name},
                    {"subtask_index", std::to_string(s)},
                    {"task_attempt_num", std::to_string(vertex.subtasks[s].attempt)},
                    {"tm_id", is_known ? job.task_managers[v][s] : ""}});
      }
    }
  }
  return writer.text();
}

}  // namespace weir::cluster
