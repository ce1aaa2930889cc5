#include "checkpoint_command.h"

#include <cstdint>
#include <vector>

#include <fmt/format.h>

#include "weir/checkpoint/inspect.h"
#include "weir/cluster/json_writer.h"

#include "readable.h"
#include "table.h"

namespace weir::cluster {
namespace {

using checkpoint::Depth;
using checkpoint::InspectedCheckpoint;
using checkpoint::InspectedJob;
using checkpoint::Manifest;

struct Totals {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t entries = 0;
  std::uint64_t staged = 0;
};

Totals totals_of(const Manifest& manifest) {
  Totals totals;
  totals.bytes = state_bytes(manifest);
  for (const OperatorSnapshot& snapshot : manifest.operators) {
    if (!snapshot.keyed) continue;
    totals.files += snapshot.keyed->files.size();
    totals.entries += snapshot.keyed->entries;
  }
  for (const checkpoint::SinkOutputs& sink : manifest.staged) totals.staged += sink.outputs.size();
  return totals;
}

std::string headline(const InspectedJob& job) {
  std::string line =
      job.job.empty() ? "job in " + job.directory : fmt::format("job '{}' in {}", job.job, job.directory);
  if (job.generation) line += fmt::format(", generation {}", *job.generation);
  if (!job.holder.empty()) line += ", last held by " + job.holder;
  if (job.finished) line += ", finished";
  return line + "\n";
}

std::string table_of(const InspectedJob& job) {
  if (job.checkpoints.empty()) return "  no completed checkpoint\n";
  using Align = Table::Align;
  Table table({{"CHECKPOINT"},
               {"TAKEN AT"},
               {"STATE", Align::kRight},
               {"FILES", Align::kRight},
               {"ENTRIES", Align::kRight},
               {"STAGED", Align::kRight},
               {"WEIR"},
               {"CONDITION"}});
  for (const InspectedCheckpoint& at : job.checkpoints) {
    const std::string condition = at.problems.empty() ? "fine" : "DAMAGED";
    if (at.manifest == nullptr) {
      table.add({to_string(at.name), "?", "?", "?", "?", "?", "?", condition});
      continue;
    }
    const Totals totals = totals_of(*at.manifest);
    table.add({to_string(at.name), utc(at.manifest->wall_time), readable_bytes(totals.bytes),
               std::to_string(totals.files), std::to_string(totals.entries), std::to_string(totals.staged),
               at.manifest->weir_version, at.manifest->final ? condition + ", final" : condition});
  }
  return table.text("  ");
}

std::string problems_of(const InspectedJob& job) {
  std::string text;
  for (const std::string& problem : job.problems) text += "  damage: " + problem + "\n";
  for (const InspectedCheckpoint& at : job.checkpoints)
    for (const std::string& problem : at.problems)
      text += fmt::format("  damage in {}: {}\n", to_string(at.name), problem);
  return text;
}

void add_texts(JsonWriter& json, const std::vector<std::string>& texts) {
  json.begin_array();
  for (const std::string& text : texts) json.text(text);
  json.end_array();
}

void add(JsonWriter& json, const InspectedCheckpoint& at) {
  json.begin_object();
  json.key("generation").number(at.name.generation.value());
  json.key("checkpoint").number(at.name.checkpoint.value());
  json.key("log_index").number(at.log_index);
  if (at.manifest != nullptr) {
    const Totals totals = totals_of(*at.manifest);
    json.key("attempt").number(at.manifest->attempt.value());
    json.key("taken_at").text(utc(at.manifest->wall_time));
    json.key("final").boolean(at.manifest->final);
    json.key("weir_version").text(at.manifest->weir_version);
    json.key("state_bytes").number(totals.bytes);
    json.key("state_files").number(totals.files);
    json.key("entries").number(totals.entries);
    json.key("staged").number(totals.staged);
    json.key("nodes").begin_array();
    for (const checkpoint::ManifestNode& node : at.manifest->shape.nodes) {
      json.begin_object();
      json.key("name").text(node.name);
      json.key("kind").text(to_string(node.kind));
      json.key("parallelism").number(node.parallelism);
      json.end_object();
    }
    json.end_array();
  }
  json.key("problems");
  add_texts(json, at.problems);
  json.end_object();
}

std::string to_json(const std::vector<InspectedJob>& jobs) {
  JsonWriter json;
  json.begin_object().key("jobs").begin_array();
  for (const InspectedJob& job : jobs) {
    json.begin_object();
    json.key("directory").text(job.directory);
    json.key("job").text(job.job);
    if (job.generation) json.key("generation").number(*job.generation);
    json.key("holder").text(job.holder);
    json.key("finished").boolean(job.finished);
    json.key("damaged").boolean(job.damaged());
    json.key("files_read").number(job.files);
    json.key("bytes_read").number(job.bytes);
    json.key("problems");
    add_texts(json, job.problems);
    json.key("checkpoints").begin_array();
    for (const InspectedCheckpoint& at : job.checkpoints) add(json, at);
    json.end_array();
    json.end_object();
  }
  json.end_array().end_object();
  return json.result() + "\n";
}

ExitStatus show(Host& host, const std::string& path, Depth depth, OutputFormat format) {
  std::vector<InspectedJob> jobs;
  for (const std::string& directory : checkpoint::find_jobs(host, path))
    jobs.push_back(checkpoint::inspect_job(host, directory, depth));
  bool damaged = false;
  std::string text;
  for (const InspectedJob& job : jobs) {
    damaged |= job.damaged();
    text += headline(job) + table_of(job) + problems_of(job);
    if (depth == Depth::kBytes)
      text += fmt::format("  {}: read {}, {}\n", job.damaged() ? "DAMAGED" : "fine", count(job.files, "file"),
                          readable_bytes(job.bytes));
  }
  host.print(StandardStream::kOut, format == OutputFormat::kJson ? to_json(jobs) : text);
  return damaged ? ExitStatus::kProblem : ExitStatus::kFine;
}

}  // namespace

ExitStatus list_checkpoints(Host& host, const std::string& path, OutputFormat format) {
  return show(host, path, Depth::kNames, format);
}

ExitStatus verify_checkpoints(Host& host, const std::string& path, OutputFormat format) {
  return show(host, path, Depth::kBytes, format);
}

}  // namespace weir::cluster
