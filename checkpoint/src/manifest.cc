#include "weir/checkpoint/manifest.h"

#include <limits>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "weir/checkpoint/layout.h"
#include "weir/core/error.h"
#include "weir/core/key_groups.h"

#include "manifest.pb.h"
#include "sealed_file.h"

namespace weir::checkpoint {
namespace {

constexpr SealedFormat kFormat{"WEIRMANI", 1, "checkpoint manifest"};

// ---- to protobuf ------------------------------------------------------------------------------------------------

void put(const SavedValues& values, google::protobuf::RepeatedPtrField<manifest::Value>& out) {
  for (const SavedValue& value : values.all()) {
    manifest::Value& to = *out.Add();
    to.set_name(value.name);
    to.set_schema(value.schema.encode());
    to.set_value(value.bytes);
  }
}

void put(const StoredFile& file, manifest::File& out) {
  out.set_path(file.path);
  out.set_size(file.size);
  out.mutable_hash()->set_low(file.hash.low);
  out.mutable_hash()->set_high(file.hash.high);
  out.set_name(file.name);
}

void put(const StateCount& count, manifest::KeyedState& out) {
  out.set_entries(count.entries);
  for (const SliceCount& slice : count.slices) {
    manifest::SliceCount& to = *out.add_slices();
    to.set_end_ms(to_ms(slice.end));
    to.set_entries(slice.entries);
  }
}

void put(const StateHandle& handle, manifest::Handle& out) {
  out.set_first_key_group(handle.range.begin);
  out.set_end_key_group(handle.range.end);
  for (std::size_t i = 0; i < handle.states.size(); ++i) {
    const KeyedStateInfo& state = handle.states[i];
    manifest::KeyedState& to = *out.add_states();
    to.set_name(state.name);
    to.set_id(state.id.value());
    to.set_sliced(state.sliced == Sliced::kYes);
    to.set_key_schema(state.key.encode());
    to.set_value_schema(state.value.encode());
    to.set_horizon_ms(to_ms(state.horizon));
    to.set_kind(static_cast<std::uint32_t>(state.kind));
    if (i < handle.counts.size()) put(handle.counts[i], to);
  }
  out.set_metadata(handle.metadata);
  for (const StoredFile& file : handle.files) put(file, *out.add_files());
  out.set_entries(handle.entries);
  out.set_expiring_entries(handle.expiring_entries);
}

void put(const SavedSplit& split, manifest::Split& out) {
  out.set_id(split.split.id);
  out.set_position(split.split.position);
  for (const auto& [name, values] : split.operators) {
    manifest::OperatorValues& to = *out.add_operators();
    to.set_name(name);
    put(values, *to.mutable_values());
  }
}

void put(const OperatorSnapshot& snapshot, manifest::Operator& out) {
  out.set_name(snapshot.name);
  out.set_subtask(snapshot.subtask.value());
  out.set_parallelism(snapshot.parallelism);
  put(snapshot.values, *out.mutable_values());
  if (snapshot.keyed) put(*snapshot.keyed, *out.mutable_keyed());
  for (const SavedSplit& split : snapshot.splits) put(split, *out.add_splits());
  out.set_all_splits(snapshot.all_splits);
}

void put(const SinkOutputs& sink, manifest::Sink& out) {
  out.set_name(sink.sink);
  for (const StagedOutput& output : sink.outputs) {
    manifest::StagedOutput& to = *out.add_outputs();
    to.set_checkpoint(output.checkpoint.value());
    to.set_subtask(output.subtask.value());
    to.set_handle(output.handle);
  }
}

// ---- from protobuf ----------------------------------------------------------------------------------------------

/// Refuses what no manifest of ours says, although its checksum is right.
class Reader {
 public:
  Reader(const manifest::Manifest& from, const std::string& path) : from_(from), path_(path) {}

  Manifest read() const {
    Manifest to;
    to.weir_version = from_.weir_version();
    to.job = from_.job();
    to.generation = GenerationId(from_.generation());
    to.attempt = AttemptId(from_.attempt());
    to.checkpoint = CheckpointId(from_.checkpoint());
    to.wall_time = timestamp_ms(from_.wall_time_ms());
    to.final = from_.final();
    to.shape.fingerprint = from_.fingerprint();
    to.shape.key_groups = from_.key_groups();
    require(to.shape.key_groups >= 1 && to.shape.key_groups <= kMaxKeyGroups, "its number of key groups is",
            to.shape.key_groups);
    for (const manifest::Node& node : from_.nodes()) to.shape.nodes.push_back(read(node));
    for (const manifest::Operator& snapshot : from_.operators()) to.operators.push_back(read(snapshot));
    for (const manifest::Sink& sink : from_.staged()) to.staged.push_back(read(sink));
    for (const manifest::Counter& counter : from_.counters()) to.counters[counter.name()] = counter.value();
    to.origin = from_.origin();
    return to;
  }

 private:
  void require(bool holds, std::string_view what, const auto& value) const {
    if (!holds) throw CorruptionError(fmt::format("{} is no checkpoint manifest: {} {}", path_, what, value));
  }

  ManifestNode read(const manifest::Node& from) const {
    require(from.kind() >= 1 && from.kind() <= 3, "the kind of a node is", from.kind());
    require(from.parallelism() >= 1, "the parallelism of a node is", from.parallelism());
    return {from.name(),
            static_cast<NodeKind>(from.kind()),
            from.parallelism(),
            {from.types().begin(), from.types().end()},
            {from.inputs().begin(), from.inputs().end()}};
  }

  Schema read_schema(const std::string& bytes) const {
    try {
      return Schema::decode(bytes);
    } catch (const CorruptionError& error) {
      throw CorruptionError(path_ + ": " + error.what());
    }
  }

  SavedValues read(const google::protobuf::RepeatedPtrField<manifest::Value>& from) const {
    SavedValues values;
    std::set<std::string_view> names;
    for (const manifest::Value& value : from) {
      require(names.insert(value.name()).second, "it has twice the value", value.name());
      values.add({value.name(), read_schema(value.schema()), value.value()});
    }
    return values;
  }

  StoredFile read(const manifest::File& from) const {
    constexpr std::string_view kDirectory = "shared/";
    const std::string& path = from.path();
    require(path.starts_with(kDirectory) && parse_state_file_name(path.substr(kDirectory.size())),
            "it names as a state file", path);
    return {path, from.size(), {from.hash().low(), from.hash().high()}, from.name()};
  }

  KeyedStateInfo read(const manifest::KeyedState& from) const {
    require(from.id() <= std::numeric_limits<StateId::rep>::max(), "the id of a state is", from.id());
    require(from.kind() <= static_cast<std::uint32_t>(StateKind::kTimers), "the kind of a state is", from.kind());
    return {from.name(),
            StateId(static_cast<StateId::rep>(from.id())),
            from.sliced() ? Sliced::kYes : Sliced::kNo,
            read_schema(from.key_schema()),
            read_schema(from.value_schema()),
            timestamp_ms(from.horizon_ms()),
            static_cast<StateKind>(from.kind())};
  }

  StateHandle read(const manifest::Handle& from) const {
    require(from.first_key_group() <= from.end_key_group() && from.end_key_group() <= from_.key_groups(),
            "a range of key groups ends at", from.end_key_group());
    StateHandle handle;
    handle.range = {static_cast<std::uint16_t>(from.first_key_group()),
                    static_cast<std::uint16_t>(from.end_key_group())};
    for (const manifest::KeyedState& state : from.states()) handle.states.push_back(read(state));
    handle.metadata = from.metadata();
    for (const manifest::File& file : from.files()) handle.files.push_back(read(file));
    require(from.expiring_entries() <= from.entries(), "the entries of a state that may be gone are",
            from.expiring_entries());
    handle.entries = from.entries();
    handle.expiring_entries = from.expiring_entries();
    read_counts(from, handle);
    return handle;
  }

  /// All states are counted or none is; what the counts add up to is what is there.
  void read_counts(const manifest::Handle& from, StateHandle& handle) const {
    std::uint64_t left = handle.entries;
    for (const manifest::KeyedState& state : from.states()) {
      require(state.has_entries() == from.states(0).has_entries(), "it counts the entries of some states, not of",
              state.name());
      if (!state.has_entries()) {
        require(state.slices().empty(), "it counts slices, and not the entries, of", state.name());
        continue;
      }
      require(state.entries() <= left, "the entries of its states are more than", handle.entries);
      left -= state.entries();
      handle.counts.push_back(read_count(state));
    }
    require(handle.counts.empty() || left == 0, "the entries of its states are fewer than", handle.entries);
  }

  StateCount read_count(const manifest::KeyedState& from) const {
    StateCount count{from.entries(), {}};
    std::uint64_t left = count.entries;
    Timestamp last = timestamp_ms(from.horizon_ms());
    for (const manifest::SliceCount& slice : from.slices()) {
      const Timestamp end = timestamp_ms(slice.end_ms());
      require(from.sliced() && end > last, "its slices are not in order, in", from.name());
      require(slice.entries() >= 1 && slice.entries() <= left, "the entries of its slices do not fit those of",
              from.name());
      last = end;
      left -= slice.entries();
      count.slices.push_back({end, slice.entries()});
    }
    require(count.slices.empty() || left == 0, "the entries of its slices do not fit those of", from.name());
    return count;
  }

  SavedSplit read(const manifest::Split& from) const {
    SavedSplit split{{from.id(), from.position()}, {}};
    for (const manifest::OperatorValues& values : from.operators())
      split.operators.emplace_back(values.name(), read(values.values()));
    return split;
  }

  OperatorSnapshot read(const manifest::Operator& from) const {
    require(from.subtask() < from.parallelism(), "an operator has the subtask", from.subtask());
    OperatorSnapshot snapshot;
    snapshot.name = from.name();
    snapshot.subtask = SubtaskIndex(from.subtask());
    snapshot.parallelism = from.parallelism();
    snapshot.values = read(from.values());
    if (from.has_keyed()) snapshot.keyed = read(from.keyed());
    for (const manifest::Split& split : from.splits()) snapshot.splits.push_back(read(split));
    snapshot.all_splits = from.all_splits();
    return snapshot;
  }

  static SinkOutputs read(const manifest::Sink& from) {
    SinkOutputs sink{from.name(), {}};
    for (const manifest::StagedOutput& output : from.outputs())
      sink.outputs.push_back({CheckpointId(output.checkpoint()), SubtaskIndex(output.subtask()), output.handle()});
    return sink;
  }

  const manifest::Manifest& from_;
  const std::string& path_;
};

}  // namespace

const char* to_string(NodeKind kind) {
  switch (kind) {
    case NodeKind::kSource:
      return "source";
    case NodeKind::kOperator:
      return "operator";
    case NodeKind::kSink:
      return "sink";
  }
  return "?";
}

std::string encode_manifest(const Manifest& manifest) {
  manifest::Manifest out;
  out.set_weir_version(manifest.weir_version);
  out.set_job(manifest.job);
  out.set_generation(manifest.generation.value());
  out.set_attempt(manifest.attempt.value());
  out.set_checkpoint(manifest.checkpoint.value());
  out.set_wall_time_ms(to_ms(manifest.wall_time));
  out.set_final(manifest.final);
  out.set_fingerprint(manifest.shape.fingerprint);
  out.set_key_groups(manifest.shape.key_groups);
  for (const ManifestNode& node : manifest.shape.nodes) {
    manifest::Node& to = *out.add_nodes();
    to.set_name(node.name);
    to.set_kind(static_cast<std::uint32_t>(node.kind));
    to.set_parallelism(node.parallelism);
    to.mutable_types()->Assign(node.types.begin(), node.types.end());
    to.mutable_inputs()->Assign(node.inputs.begin(), node.inputs.end());
  }
  for (const OperatorSnapshot& snapshot : manifest.operators) put(snapshot, *out.add_operators());
  for (const SinkOutputs& sink : manifest.staged) put(sink, *out.add_staged());
  for (const auto& [name, value] : manifest.counters) {
    manifest::Counter& to = *out.add_counters();
    to.set_name(name);
    to.set_value(value);
  }
  out.set_origin(manifest.origin);
  if (out.ByteSizeLong() > kMaxManifestBytes)
    throw UserError(
        fmt::format("the manifest of checkpoint {} would have {} bytes, at most {} are possible: keep less "
                    "in operator values, or take fewer splits",
                    manifest.checkpoint.value(), out.ByteSizeLong(), kMaxManifestBytes));
  return seal(kFormat, out.SerializeAsString());
}

Manifest decode_manifest(std::string_view bytes, const std::string& path) {
  const std::string_view body = unseal(kFormat, bytes, path);
  manifest::Manifest from;
  if (body.size() > kMaxManifestBytes || !from.ParseFromArray(body.data(), static_cast<int>(body.size())))
    throw CorruptionError(path + " is no checkpoint manifest: its body cannot be read");
  return Reader(from, path).read();
}

std::uint64_t state_bytes(const std::vector<OperatorSnapshot>& operators) {
  std::uint64_t bytes = 0;
  for (const OperatorSnapshot& snapshot : operators)
    if (snapshot.keyed)
      for (const StoredFile& file : snapshot.keyed->files) bytes += file.size;
  return bytes;
}

std::uint64_t state_bytes(const Manifest& manifest) { return state_bytes(manifest.operators); }

}  // namespace weir::checkpoint
