#include "weir/cluster/job_talk.h"

#include <algorithm>

#include "weir/checkpoint/manifest.h"
#include "weir/core/codec.h"
#include "weir/core/error.h"

namespace weir::cluster {
namespace {

constexpr const char* kAlignment = "alignment";
constexpr const char* kBatches = "batches";

}  // namespace

std::string encode_talk(const JobTalk& talk) {
  std::string bytes;
  encode_value(talk, bytes);
  return bytes;
}

JobTalk decode_talk(std::string_view bytes) { return decode_value<JobTalk>(bytes); }

// A manifest has a place for everything that a snapshot has.
std::string encode_snapshot(const TaskSnapshot& snapshot, std::uint32_t key_groups) {
  checkpoint::Manifest manifest;
  manifest.shape.key_groups = key_groups;
  manifest.counters[kAlignment] = snapshot.alignment_ns;
  manifest.counters[kBatches] = snapshot.aligned_batches;
  manifest.operators = snapshot.operators;
  for (const OperatorSnapshot& of : snapshot.operators)
    if (!of.staged.empty()) manifest.staged.push_back({of.name, of.staged});
  return checkpoint::encode_manifest(manifest);
}

TaskSnapshot decode_snapshot(std::string_view bytes) {
  checkpoint::Manifest manifest = checkpoint::decode_manifest(bytes, "what a task has acknowledged");
  TaskSnapshot snapshot;
  snapshot.operators = std::move(manifest.operators);
  snapshot.alignment_ns = manifest.counters[kAlignment];
  snapshot.aligned_batches = manifest.counters[kBatches];
  for (const checkpoint::SinkOutputs& sink : manifest.staged) {
    const auto of = std::find_if(snapshot.operators.begin(), snapshot.operators.end(),
                                 [&sink](const OperatorSnapshot& known) { return known.name == sink.sink; });
    if (of == snapshot.operators.end())
      throw CorruptionError("what a task has acknowledged has output of a sink that it does not have: " + sink.sink);
    of->staged = sink.outputs;
  }
  return snapshot;
}

}  // namespace weir::cluster
