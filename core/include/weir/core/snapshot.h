#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/core/codec.h"
#include "weir/core/hash.h"
#include "weir/core/ids.h"
#include "weir/core/key_groups.h"
#include "weir/core/row_key.h"
#include "weir/core/schema_of.h"
#include "weir/core/source.h"
#include "weir/core/staged_output.h"
#include "weir/core/time.h"

// What a checkpoint holds of a running job, piece by piece: what tasks acknowledge, manifests list, and restored tasks
// are given.

namespace weir {

/// A value with its schema, under a name.
struct SavedValue {
  std::string name;
  Schema schema;
  std::string bytes;

  friend bool operator==(const SavedValue&, const SavedValue&) = default;
};

/// Small values of one owner, found by their names. Thread: one owner.
class SavedValues {
 public:
  /// Requires: no value has the name yet.
  template <class T>
  void put(std::string name, const T& value) {
    SavedValue saved{std::move(name), schema_of<T>(), {}};
    encode_value(value, saved.bytes);
    add(std::move(saved));
  }

  /// The value of that name, if there is one. Errors: UserError with both schemas; CorruptionError.
  template <class T>
  std::optional<T> get(std::string_view name) const {
    const SavedValue* saved = find(name, schema_of<T>());
    return saved == nullptr ? std::nullopt : std::optional<T>(decode_value<T>(saved->bytes));
  }

  void add(SavedValue value);
  const std::vector<SavedValue>& all() const { return values_; }
  bool empty() const { return values_.empty(); }

  friend bool operator==(const SavedValues&, const SavedValues&) = default;

 private:
  /// Errors: UserError if the value has another schema.
  const SavedValue* find(std::string_view name, const Schema& schema) const;

  std::vector<SavedValue> values_;
};

/// A file of a checkpoint directory.
struct StoredFile {
  std::string path;  ///< relative to the directory's root
  std::uint64_t size = 0;
  Hash128 hash{};    ///< XXH3_128 of all its bytes
  std::string name;  ///< what the writer's cold store calls it

  friend bool operator==(const StoredFile&, const StoredFile&) = default;
};

/// How the rows of a keyed state make up what it keeps for a key. The numbers are stored.
enum class StateKind : std::uint8_t {
  kUnknown = 0,  ///< not noted, as by the first builds of Weir
  kValue = 1,    ///< one row
  kList = 2,     ///< a row for each element
  kMap = 3,      ///< a row for each entry
  kTimers = 4,   ///< a row for each timer
};

const char* to_string(StateKind kind);

/// A keyed state of an operator: what its rows begin with, and what they hold.
struct KeyedStateInfo {
  std::string name;
  StateId id{};
  Sliced sliced = Sliced::kNo;
  Schema key;
  Schema value;  ///< of all that is kept for a key: of a list's rows, its element; of a map's, its value
  Timestamp horizon = Timestamp::min();  ///< slices that end at or before it are gone, whatever the files hold
  StateKind kind = StateKind::kUnknown;

  friend bool operator==(const KeyedStateInfo&, const KeyedStateInfo&) = default;
};

/// The live entries of a slice.
struct SliceCount {
  Timestamp end;
  std::uint64_t entries = 0;

  friend bool operator==(const SliceCount&, const SliceCount&) = default;
};

/// The live entries of a keyed state when it was frozen.
struct StateCount {
  std::uint64_t entries = 0;
  std::vector<SliceCount> slices;  ///< of sliced values, in order of time, those that have any; none: not noted

  friend bool operator==(const StateCount&, const StateCount&) = default;
};

/// The keyed state of an operator over a range of key groups, in files.
struct StateHandle {
  KeyGroupRange range;
  std::vector<KeyedStateInfo> states;
  std::string metadata;  ///< how the files belong together, written and read by the cold store
  std::vector<StoredFile> files;
  std::uint64_t entries = 0;            ///< live entries when it was frozen
  std::uint64_t expiring_entries = 0;   ///< of them, those of states whose rows are dropped when they have expired
  std::vector<StateCount> counts = {};  ///< of `states`, in their order; none: not noted, as by earlier versions

  friend bool operator==(const StateHandle&, const StateHandle&) = default;
};

/// A split of a source where a barrier passed, and what the operators chained to the source keep for it.
struct SavedSplit {
  Split split;
  std::vector<std::pair<std::string, SavedValues>> operators;  ///< by operator name

  friend bool operator==(const SavedSplit&, const SavedSplit&) = default;
};

/// One operator, source or sink in one subtask where a barrier passed.
struct OperatorSnapshot {
  std::string name;  ///< of the node: its identity
  SubtaskIndex subtask{};
  std::uint32_t parallelism = 1;
  SavedValues values;
  std::optional<StateHandle> keyed;
  std::vector<SavedSplit> splits;  ///< sources only
  bool all_splits = false;         ///< sources: no split will be discovered that is not in the snapshots
  StagedOutputs staged;            ///< sinks only: what is not yet known to be of a completed checkpoint

  friend bool operator==(const OperatorSnapshot&, const OperatorSnapshot&) = default;
};

/// What a task acknowledges.
struct TaskSnapshot {
  std::vector<OperatorSnapshot> operators;
  std::uint64_t alignment_ns = 0;     ///< from the first barrier in to the last
  std::uint64_t aligned_batches = 0;  ///< that waited behind a barrier while other inputs lacked it
};

}  // namespace weir
