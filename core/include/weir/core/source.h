#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "weir/core/host.h"
#include "weir/core/operator.h"
#include "weir/core/output.h"

namespace weir {

/// A part of a source that one reader reads in order: a file, a partition, a range of ids.
struct Split {
  std::string id;        ///< unique within the source, the same in every run
  std::string position;  ///< where to go on, encoded by the source; empty: at the beginning

  friend bool operator==(const Split&, const Split&) = default;
};

/// Where an enumerator hands over what it finds. Thread: control loop only.
class SplitAssigner {
 public:
  virtual ~SplitAssigner() = default;

  /// Gives a split to one of the readers.
  virtual void assign(Split split) = 0;

  /// Nothing more will be assigned: readers end when they have read what they have. Those of a bounded source do not
  /// begin before, so that watermarks wait for all splits.
  virtual void no_more_splits() = 0;

  /// Ends the attempt.
  virtual void fail(std::exception_ptr error) = 0;

  virtual Host& host() = 0;
  /// How many subtasks read.
  virtual std::uint32_t readers() const = 0;
};

/// Discovers the splits of a source: one per source and attempt. Thread: control loop only; what blocks goes
/// through Host::blocking. Destruction ends discovery; what is under way then is dropped.
class SplitEnumerator {
 public:
  virtual ~SplitEnumerator() = default;

  /// Called once. Requires: `assigner` outlives the enumerator.
  virtual void start(SplitAssigner& assigner) = 0;
};

/// What a reader found when it was asked for records.
enum class Poll : std::uint8_t {
  kMore,       ///< ask again
  kWait,       ///< nothing for now: the task is notified when there is
  kExhausted,  ///< nothing will come
};

/// Reads the splits given to one subtask. Thread: task thread only; never blocks: what blocks goes through
/// Host::blocking.
class SourceReader {
 public:
  virtual ~SourceReader() = default;

  /// Called once, before anything else. `context` lives as long as the reader.
  virtual void open(const OperatorContext& context) = 0;

  /// `index` names the split in SplitEvents and batches; it counts up from 0.
  virtual void add_split(const Split& split, SplitIndex index) = 0;
  /// No add_split() will follow: poll() ends when what there is has been read.
  virtual void no_more_splits() = 0;

  /// Emits at most about a batch to port 0, all of it from one split. Announces the end of a split
  /// (SplitEvent::kFinished) and that it knows a split to be idle; the runtime announces its beginning.
  virtual Poll poll(Outputs& out) = 0;

  /// All splits that were added, in that order, with the positions behind what was emitted; those that were read to
  /// their end too. None if there is no place to go on at: the next attempt then begins with what is discovered.
  virtual std::vector<Split> splits() const = 0;
};

/// A source as the graph holds it: a prototype from which every attempt makes its enumerator and readers.
/// Thread-safe: const.
class Source {
 public:
  virtual ~Source() = default;
  /// Whether it ends by itself: watermarks of bounded sources have no limit in the future, sinks deliver at the end.
  virtual bool bounded() const = 0;
  /// Can give the same records again after a failure.
  virtual bool replayable() const = 0;
  virtual std::unique_ptr<SplitEnumerator> make_enumerator() const = 0;
  virtual std::unique_ptr<SourceReader> make_reader() const = 0;
};

}  // namespace weir
