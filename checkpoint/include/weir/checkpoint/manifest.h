#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/hash.h"
#include "weir/core/ids.h"
#include "weir/core/snapshot.h"
#include "weir/core/staged_output.h"
#include "weir/core/time.h"

namespace weir::checkpoint {

/// What a node of a job's graph is. The numbers are stored.
enum class NodeKind : std::uint8_t { kSource = 1, kOperator = 2, kSink = 3 };

const char* to_string(NodeKind kind);

/// A node of the graph that a checkpoint is of.
struct ManifestNode {
  std::string name;
  NodeKind kind = NodeKind::kOperator;
  std::uint32_t parallelism = 1;
  std::vector<std::string> types = {};   ///< of the records at its output ports: schemas as text
  std::vector<std::string> inputs = {};  ///< where its records come from, and how they find their subtask

  friend bool operator==(const ManifestNode&, const ManifestNode&) = default;
};

/// The graph that a checkpoint is of, as far as a restore compares it.
struct JobShape {
  std::uint64_t fingerprint = 0;  ///< Graph::fingerprint()
  std::uint32_t key_groups = 0;
  std::vector<ManifestNode> nodes;  ///< in the order of the graph

  friend bool operator==(const JobShape&, const JobShape&) = default;
};

/// Output of one sink that is sealed and not known to be delivered.
struct SinkOutputs {
  std::string sink;  ///< the node's name
  StagedOutputs outputs;

  friend bool operator==(const SinkOutputs&, const SinkOutputs&) = default;
};

/// Everything that a checkpoint is, but for the contents of its state files. docs/formats/manifest.md is its format.
struct Manifest {
  std::string weir_version;  ///< that wrote it
  std::string job;           ///< the job's identity in words: Options::job
  GenerationId generation{};
  AttemptId attempt{};
  CheckpointId checkpoint{};
  Timestamp wall_time{};  ///< when it was assembled
  bool final = false;     ///< all input was read: what remains to be done is to deliver
  JobShape shape;
  std::vector<OperatorSnapshot> operators;  ///< their `staged` is empty: see below
  std::vector<SinkOutputs> staged;          ///< of this checkpoint and of earlier ones
  std::map<std::string, std::uint64_t> counters;
  std::string origin;  ///< savepoint_name() of the savepoint that the job began with; empty: none

  friend bool operator==(const Manifest&, const Manifest&) = default;
};

/// More is refused, when written and when read.
inline constexpr std::uint64_t kMaxManifestBytes = std::uint64_t{1} << 30;

/// The whole file. Errors: UserError when it would be too large.
std::string encode_manifest(const Manifest& manifest);

/// `path` is for messages. Errors: CorruptionError for bytes that are no whole manifest, whatever happened to them;
/// UserError naming both versions for one of another format.
Manifest decode_manifest(std::string_view bytes, const std::string& path);

/// Bytes of all state files that the snapshots, or the manifest, name.
std::uint64_t state_bytes(const std::vector<OperatorSnapshot>& operators);
std::uint64_t state_bytes(const Manifest& manifest);

}  // namespace weir::checkpoint
