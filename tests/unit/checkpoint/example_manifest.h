#pragma once

#include <cstdint>
#include <string>

#include "weir/checkpoint/manifest.h"
#include "weir/core/snapshot.h"

namespace weir::checkpoint {

/// A manifest with something in every field.
inline Manifest example_manifest() {
  Manifest manifest;
  manifest.weir_version = "0.1.0";
  manifest.job = "orders";
  manifest.generation = GenerationId(3);
  manifest.attempt = AttemptId(2);
  manifest.checkpoint = CheckpointId(17);
  manifest.wall_time = timestamp_ms(1'704'067'200'123);
  manifest.final = true;
  manifest.shape = {
      0x1122334455667788,
      16,
      {{"numbers", NodeKind::kSource, 1}, {"sums", NodeKind::kOperator, 1}, {"files", NodeKind::kSink, 1}}};

  OperatorSnapshot source;
  source.name = "numbers";
  SavedSplit split{{"file-1", "offset 42"}, {}};
  SavedValues watermark;
  watermark.put("watermark", std::int64_t{99});
  split.operators.emplace_back("timestamps", watermark);
  source.splits.push_back(split);
  source.all_splits = true;

  OperatorSnapshot sums;
  sums.name = "sums";
  sums.values.put("floor", std::int64_t{-5});
  StateHandle handle;
  handle.range = {0, 16};
  handle.states.push_back(
      {"sum", StateId(1), Sliced::kYes, schema_of<std::string>(), schema_of<std::int64_t>(), timestamp_ms(60'000)});
  handle.metadata = "how they belong together";
  handle.files.push_back({"shared/3.2.17.1-0.0.sst", 4096, {1, 2}, "a-1"});
  handle.files.push_back({"shared/1.0.3.1-0.2.sst", 100, {3, 4}, "a-0"});
  handle.entries = 12;
  sums.keyed = handle;

  OperatorSnapshot sink;
  sink.name = "files";

  manifest.operators = {source, sums, sink};
  manifest.staged = {
      {"files", {{CheckpointId(16), SubtaskIndex(0), "part-0-1"}, {CheckpointId(17), SubtaskIndex(0), "part-0-2"}}}};
  manifest.counters = {{"records_in", 1000}, {"records_out", 900}};
  return manifest;
}

}  // namespace weir::checkpoint
