#include "job_command.h"

#include <atomic>
#include <csignal>
#include <future>
#include <memory>
#include <utility>

#include <boost/json/serialize.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include "weir/cluster/json_writer.h"
#include "weir/core/error.h"
#include "weir/host/daemon.h"

#include "cluster_directory.h"
#include "job_client.h"
#include "pause.h"
#include "planned_here.h"
#include "readable.h"
#include "table.h"

namespace weir::cluster {
namespace {

constexpr Duration kPollEvery{200};
constexpr int kInterrupted = 128 + SIGINT;

void print(Host& host, const std::string& text) { host.print(StandardStream::kOut, text); }

/// What went wrong with the job, from the answer about its exceptions.
std::string failure_of(JobClient& client, const std::string& id) {
  const json::value answer = client.get("/jobs/" + id + "/exceptions");
  const json::value* history = answer.is_object() ? answer.as_object().if_contains("exceptionHistory") : nullptr;
  const json::value* entries =
      history != nullptr && history->is_object() ? history->as_object().if_contains("entries") : nullptr;
  if (entries == nullptr || !entries->is_array() || entries->as_array().empty()) return "";
  return text_of(entries->as_array().front(), "stacktrace");
}

/// Waits for the job's end. `interrupted`: the user wants to end this.
ExitStatus watch_job(host::RealHost& host, JobClient& client, const std::string& id, OutputFormat format,
                     const std::shared_ptr<std::atomic<bool>>& interrupted) {
  const bool text = format == OutputFormat::kText;
  bool cancelled = false;
  std::string waits_for;
  for (;;) {
    if (interrupted->load() && !std::exchange(cancelled, true)) {
      if (text) print(host, fmt::format("Cancelling job {}; once more leaves it alone.\n", id));
      client.send("PATCH", "/jobs/" + id + "?mode=cancel");
    }
    const json::value job = client.get("/jobs/" + id);
    const std::string state = text_of(job, "state");
    if (is_over(state)) {
      const std::int64_t duration = number_of(job, "duration");
      if (text) {
        print(host, fmt::format("Job with JobID {} has {}.\nJob runtime: {} ms\n", id,
                                state == "FINISHED" ? "finished"
                                : state == "FAILED" ? "failed"
                                                    : "been cancelled",
                                duration));
      } else {
        print(host, json_text(json::object{{"jobid", id}, {"state", state}, {"duration", duration}}) + "\n");
      }
      if (state == "FINISHED") return ExitStatus::kFine;
      if (state == "FAILED") host.print(StandardStream::kError, fmt::format("weir: {}\n", failure_of(client, id)));
      return cancelled ? static_cast<ExitStatus>(kInterrupted) : ExitStatus::kProblem;
    }
    if (state == "CREATED") {
      const std::string now = failure_of(client, id);
      if (now != std::exchange(waits_for, now) && !now.empty())
        host.print(StandardStream::kError, fmt::format("weir: {}\n", now));
    }
    pause(host, kPollEvery);
  }
}

std::string time_of(std::int64_t ms) { return ms < 0 ? "-" : utc(timestamp_ms(ms)); }

void wait_until_over(host::RealHost& host, JobClient& client, const std::string& id) {
  while (!is_over(text_of(client.get("/jobs/" + id), "state"))) pause(host, kPollEvery);
}

}  // namespace

ExitStatus run_job(host::RealHost& host, const RunArguments& arguments, OutputFormat format) {
  const ProgramPlan plan = plan_here(host, arguments);
  JobClient client(host, arguments.cluster);
  const std::string program = client.upload(host::absolute_path(arguments.job.front()));
  json::object body;
  body["programArgsList"] = json::array(arguments.job.begin() + 1, arguments.job.end());
  json::object options;
  for (const auto& [key, value] : options_of(arguments)) options[key] = value;
  body["options"] = std::move(options);
  body["workingDirectory"] = host::absolute_path(".");
  if (!arguments.savepoint.empty()) body["savepointPath"] = host::absolute_path(arguments.savepoint);
  body["allowNonRestoredState"] = arguments.allow_non_restored_state;
  const json::value answer = client.send("POST", "/jars/" + program + "/run", json_text(body));
  const std::string id = text_of(answer, "jobid");
  if (format == OutputFormat::kText) {
    print(host, fmt::format("Job has been submitted with JobID {}\n", id));
  } else if (arguments.detached) {
    print(host, json_text(json::object{{"jobid", id}}) + "\n");
  }
  for (const std::string& warning : plan.warnings)
    host.print(StandardStream::kError, fmt::format("weir: {}\n", warning));
  if (arguments.detached) return ExitStatus::kFine;
  const auto interrupted = std::make_shared<std::atomic<bool>>(false);
  host.on_signal([interrupted](int) { interrupted->store(true); });
  return watch_job(host, client, id, format, interrupted);
}

ExitStatus show_plan(host::RealHost& host, const RunArguments& arguments, OutputFormat format) {
  const ProgramPlan plan = plan_here(host, arguments);
  if (format == OutputFormat::kJson) {
    JsonWriter writer;
    writer.begin_object().key("name").text(plan.status.name);
    writer.key("parallelism").number(plan.status.parallelism).key("slots").number(slots_of(plan));
    writer.key("vertices").begin_array();
    for (const runtime::VertexStatus& vertex : plan.status.vertices) {
      writer.begin_object().key("id").text(vertex.id).key("name").text(vertex.name);
      writer.key("parallelism").number(vertex.parallelism).key("inputs").begin_array();
      for (const runtime::VertexInput& input : vertex.inputs) {
        writer.begin_object().key("id").text(plan.status.vertices.at(input.vertex).id);
        writer.key("ship_strategy").text(input.ship_strategy).end_object();
      }
      writer.end_array().end_object();
    }
    writer.end_array().key("warnings").begin_array();
    for (const std::string& warning : plan.warnings) writer.text(warning);
    writer.end_array().end_object();
    print(host, writer.result() + "\n");
    return ExitStatus::kFine;
  }
  print(host, fmt::format("{}: takes {}\n{}\n", plan.status.name, count(slots_of(plan), "slot"), plan.text));
  Table table({{"TASK"}, {"PARALLELISM", Table::Align::kRight}, {"INPUTS"}});
  for (const runtime::VertexStatus& vertex : plan.status.vertices) {
    std::string inputs;
    for (const runtime::VertexInput& input : vertex.inputs)
      inputs += fmt::format("{}{} by {}", inputs.empty() ? "" : ", ", plan.status.vertices.at(input.vertex).name,
                            input.ship_strategy);
    table.add({vertex.name, std::to_string(vertex.parallelism), inputs.empty() ? "-" : inputs});
  }
  print(host, table.text("  "));
  for (const std::string& warning : plan.warnings) print(host, fmt::format("warning: {}\n", warning));
  return ExitStatus::kFine;
}

ExitStatus list_jobs(host::RealHost& host, const ClusterAddress& cluster, Jobs which, OutputFormat format) {
  JobClient client(host, cluster);
  const json::value answer = client.get("/jobs/overview");
  json::array shown;
  for (const json::value& job : answer.at("jobs").as_array())
    if (which == Jobs::kAll || !is_over(text_of(job, "state"))) shown.push_back(job);
  if (format == OutputFormat::kJson) {
    print(host, json_text(json::object{{"jobs", shown}}) + "\n");
    return ExitStatus::kFine;
  }
  if (shown.empty()) {
    print(host, which == Jobs::kAll ? "There are no jobs.\n" : "No job runs.\n");
    return ExitStatus::kFine;
  }
  Table table({{"JOBID"}, {"STATE"}, {"STARTED"}, {"ENDED"}, {"NAME"}});
  for (const json::value& job : shown)
    table.add({text_of(job, "jid"), text_of(job, "state"), time_of(number_of(job, "start-time")),
               time_of(number_of(job, "end-time")), text_of(job, "name")});
  print(host, table.text(""));
  return ExitStatus::kFine;
}

ExitStatus cancel_job(host::RealHost& host, const ClusterAddress& cluster, const std::string& id, OutputFormat format) {
  check_job_id(id);
  JobClient client(host, cluster);
  const std::string before = text_of(client.get("/jobs/" + id), "state");
  if (is_over(before)) throw UserError(fmt::format("job {} has ended already: it is {}", id, before));
  const bool text = format == OutputFormat::kText;
  if (text) print(host, fmt::format("Cancelling job {}.\n", id));
  client.send("PATCH", "/jobs/" + id + "?mode=cancel");
  wait_until_over(host, client, id);
  const std::string state = text_of(client.get("/jobs/" + id), "state");
  if (state != "CANCELED") throw UserError(fmt::format("job {} ended before that: it is {}", id, state));
  print(host, text ? fmt::format("Cancelled job {}.\n", id)
                   : json_text(json::object{{"jobid", id}, {"state", state}}) + "\n");
  return ExitStatus::kFine;
}

ExitStatus make_savepoint(host::RealHost& host, const ClusterAddress& cluster, const std::string& id,
                          const std::string& directory, bool stop, OutputFormat format) {
  check_job_id(id);
  JobClient client(host, cluster);
  const std::string target = host::absolute_path(directory);
  const json::object body = stop ? json::object{{"targetDirectory", target}}
                                 : json::object{{"target-directory", target}, {"cancel-job", false}};
  const json::value begun = client.send("POST", "/jobs/" + id + (stop ? "/stop" : "/savepoints"), json_text(body));
  const std::string trigger = text_of(begun, "request-id");
  for (;;) {
    const json::value answer = client.get("/jobs/" + id + "/savepoints/" + trigger);
    if (text_of(answer.at("status"), "id") != "IN_PROGRESS") {
      const json::value& operation = answer.at("operation");
      if (const json::value* failure = operation.as_object().if_contains("failure-cause"))
        throw UserError(fmt::format("no savepoint of job {}: {}", id, text_of(*failure, "stack-trace")));
      if (stop) wait_until_over(host, client, id);
      const std::string location = text_of(operation, "location");
      print(host, format == OutputFormat::kJson
                      ? json_text(json::object{{"location", location}}) + "\n"
                      : fmt::format("{}: {}\n", stop ? "Stopped with a savepoint" : "Savepoint", location));
      return ExitStatus::kFine;
    }
    pause(host, kPollEvery);
  }
}

ExitStatus show_logs(host::RealHost& host, const std::string& path, const std::string& of, bool out,
                     OutputFormat format) {
  constexpr std::size_t kPiece = 64 * 1024;
  const ClusterDirectory directory(host.files(), path);
  const std::string logs = directory.log_directory();
  if (!host.files().exists(logs)) throw UserError(fmt::format("no cluster has been in {}", directory.root()));
  std::vector<std::string> found;
  for (const DirectoryEntry& entry : host.files().list(logs)) {
    const bool wanted =
        of.empty() || (entry.name.ends_with(out ? ".out" : ".log") && entry.name.find("-" + of) != std::string::npos);
    if (entry.type == FileType::kFile && wanted) found.push_back(logs + "/" + entry.name);
  }
  if (of.empty()) {
    json::array files;
    std::string text;
    for (const std::string& file : found) {
      text += file + "\n";
      files.push_back(json::object{{"path", file}, {"bytes", host.files().open_for_read(file)->size()}});
    }
    print(host, format == OutputFormat::kText ? text : json_text(json::object{{"logs", files}}) + "\n");
    return ExitStatus::kFine;
  }
  if (found.size() != 1)
    throw UserError(
        fmt::format("{} of '{}' in {}: name one of them, as weir logs lists them (jobmanager, taskmanager-0)",
                    found.empty() ? "there is no log" : "there are several logs", of, logs));
  const auto file = host.files().open_for_read(found.front());
  std::string piece(kPiece, '\0');
  for (std::uint64_t at = 0;;) {
    const std::size_t got = file->read_at(at, piece.data(), piece.size());
    if (got == 0) return ExitStatus::kFine;
    print(host, piece.substr(0, got));
    at += got;
  }
}

}  // namespace weir::cluster
