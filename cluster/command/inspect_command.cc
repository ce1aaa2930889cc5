#include "inspect_command.h"

#include <map>
#include <vector>

#include <fmt/format.h>

#include "weir/checkpoint/manifest.h"
#include "weir/cluster/decode_json.h"
#include "weir/cluster/json_writer.h"

#include "chosen_checkpoint.h"
#include "readable.h"

namespace weir::cluster {
namespace {

using checkpoint::Manifest;
using checkpoint::ManifestNode;
using checkpoint::SinkOutputs;

std::uint64_t bytes_of(const StateHandle& handle) {
  std::uint64_t bytes = 0;
  for (const StoredFile& file : handle.files) bytes += file.size;
  return bytes;
}

std::vector<const OperatorSnapshot*> subtasks_of(const Manifest& manifest, const std::string& node) {
  std::vector<const OperatorSnapshot*> subtasks;
  for (const OperatorSnapshot& snapshot : manifest.operators)
    if (snapshot.name == node) subtasks.push_back(&snapshot);
  return subtasks;
}

const StagedOutputs* staged_of(const Manifest& manifest, const std::string& node) {
  for (const SinkOutputs& sink : manifest.staged)
    if (sink.sink == node) return &sink.outputs;
  return nullptr;
}

// ---- Text ----------------------------------------------------------------------------------------------------------

std::string text_of(const SavedValues& values, const std::string& indent) {
  std::string text;
  for (const SavedValue& value : values.all())
    text += fmt::format("{}{} = {}\n", indent, value.name, value_json(value.schema, value.bytes));
  return text;
}

std::string text_of(const KeyedStateInfo& info) {
  std::string text = fmt::format("  state {}: {} -> {}", info.name, to_string(info.key), to_string(info.value));
  if (info.sliced == Sliced::kYes && info.kind != StateKind::kTimers) text += ", in slices";
  if (info.horizon != Timestamp::min()) text += ", gone up to " + utc(info.horizon);
  return text + "\n";
}

std::string text_of(const OperatorSnapshot& snapshot) {
  std::string text = fmt::format("  subtask {}", snapshot.subtask.value());
  if (snapshot.keyed) {
    const StateHandle& handle = *snapshot.keyed;
    text += fmt::format(": key groups {} to {}, {} entries, {}, {}", handle.range.begin, handle.range.end - 1,
                        handle.entries, count(handle.files.size(), "file"), readable_bytes(bytes_of(handle)));
  }
  if (!snapshot.splits.empty() || snapshot.all_splits)
    text +=
        fmt::format(": {}{}", count(snapshot.splits.size(), "split"), snapshot.all_splits ? ", no more to come" : "");
  text += "\n" + text_of(snapshot.values, "    ");
  for (const SavedSplit& split : snapshot.splits) {
    text += fmt::format("    {} at {}\n", split.split.id,
                        split.split.position.empty() ? "the beginning" : split.split.position);
    for (const auto& [name, values] : split.operators) text += text_of(values, "      " + name + ": ");
  }
  return text;
}

std::string text_of(const Manifest& manifest, const ManifestNode& node) {
  std::string text = fmt::format("{} {} ({})\n", to_string(node.kind), node.name, node.parallelism);
  const auto subtasks = subtasks_of(manifest, node.name);
  if (!subtasks.empty() && subtasks.front()->keyed)
    for (const KeyedStateInfo& info : subtasks.front()->keyed->states) text += text_of(info);
  for (const OperatorSnapshot* subtask : subtasks) text += text_of(*subtask);
  if (const StagedOutputs* staged = staged_of(manifest, node.name))
    for (const StagedOutput& output : *staged)
      text +=
          fmt::format("  staged, to be delivered behind checkpoint {}: {}\n", output.checkpoint.value(), output.handle);
  return text;
}

std::string text_of(const ChosenCheckpoint& chosen) {
  const Manifest& manifest = *chosen.manifest;
  std::string text = fmt::format(
      "checkpoint {} of job '{}', attempt {}, taken at {} by Weir {}\n"
      "{} key groups, {} of state{}\n",
      to_string(chosen.name), manifest.job, manifest.attempt.value(), utc(manifest.wall_time), manifest.weir_version,
      manifest.shape.key_groups, readable_bytes(state_bytes(manifest)),
      manifest.final ? "; final: all input was read" : "");
  for (const ManifestNode& node : manifest.shape.nodes) text += "\n" + text_of(manifest, node);
  return text;
}

// ---- JSON ----------------------------------------------------------------------------------------------------------

void add(JsonWriter& json, const SavedValues& values) {
  json.begin_object();
  for (const SavedValue& value : values.all()) json.key(value.name).json(value_json(value.schema, value.bytes));
  json.end_object();
}

void add(JsonWriter& json, const KeyedStateInfo& info) {
  json.begin_object();
  json.key("name").text(info.name);
  json.key("id").number(info.id.value());
  json.key("sliced").boolean(info.sliced == Sliced::kYes);
  json.key("key").text(to_string(info.key));
  json.key("value").text(to_string(info.value));
  json.key("horizon_ms");
  if (info.horizon == Timestamp::min()) {
    json.null();
  } else {
    json.number(to_ms(info.horizon));
  }
  json.end_object();
}

void add(JsonWriter& json, const StateHandle& handle) {
  json.begin_object();
  json.key("first_key_group").number(handle.range.begin);
  json.key("end_key_group").number(handle.range.end);
  json.key("entries").number(handle.entries);
  json.key("states").begin_array();
  for (const KeyedStateInfo& info : handle.states) add(json, info);
  json.end_array();
  json.key("files").begin_array();
  for (const StoredFile& file : handle.files) {
    json.begin_object().key("path").text(file.path).key("bytes").number(file.size).end_object();
  }
  json.end_array();
  json.end_object();
}

void add(JsonWriter& json, const OperatorSnapshot& snapshot) {
  json.begin_object();
  json.key("subtask").number(snapshot.subtask.value());
  json.key("values");
  add(json, snapshot.values);
  if (snapshot.keyed) {
    json.key("keyed");
    add(json, *snapshot.keyed);
  }
  json.key("all_splits").boolean(snapshot.all_splits);
  json.key("splits").begin_array();
  for (const SavedSplit& split : snapshot.splits) {
    json.begin_object().key("id").text(split.split.id).key("position").text(split.split.position);
    json.key("operators").begin_object();
    for (const auto& [name, values] : split.operators) {
      json.key(name);
      add(json, values);
    }
    json.end_object().end_object();
  }
  json.end_array();
  json.end_object();
}

void add(JsonWriter& json, const Manifest& manifest, const ManifestNode& node) {
  json.begin_object();
  json.key("name").text(node.name);
  json.key("kind").text(to_string(node.kind));
  json.key("parallelism").number(node.parallelism);
  json.key("subtasks").begin_array();
  for (const OperatorSnapshot* subtask : subtasks_of(manifest, node.name)) add(json, *subtask);
  json.end_array();
  json.key("staged").begin_array();
  if (const StagedOutputs* staged = staged_of(manifest, node.name)) {
    for (const StagedOutput& output : *staged) {
      json.begin_object();
      json.key("checkpoint").number(output.checkpoint.value());
      json.key("subtask").number(output.subtask.value());
      json.key("handle").text(output.handle);
      json.end_object();
    }
  }
  json.end_array();
  json.end_object();
}

std::string json_of(const ChosenCheckpoint& chosen) {
  const Manifest& manifest = *chosen.manifest;
  JsonWriter json;
  json.begin_object();
  json.key("job").text(manifest.job);
  json.key("generation").number(manifest.generation.value());
  json.key("attempt").number(manifest.attempt.value());
  json.key("checkpoint").number(manifest.checkpoint.value());
  json.key("taken_at").text(utc(manifest.wall_time));
  json.key("weir_version").text(manifest.weir_version);
  json.key("final").boolean(manifest.final);
  json.key("key_groups").number(manifest.shape.key_groups);
  json.key("state_bytes").number(state_bytes(manifest));
  json.key("nodes").begin_array();
  for (const ManifestNode& node : manifest.shape.nodes) add(json, manifest, node);
  json.end_array();
  return json.end_object().result() + "\n";
}

}  // namespace

ExitStatus inspect_checkpoint(Host& host, const std::string& checkpoint, OutputFormat format) {
  const ChosenCheckpoint chosen = choose_checkpoint(host, checkpoint);
  host.print(StandardStream::kOut, format == OutputFormat::kJson ? json_of(chosen) : text_of(chosen));
  return ExitStatus::kFine;
}

}  // namespace weir::cluster
