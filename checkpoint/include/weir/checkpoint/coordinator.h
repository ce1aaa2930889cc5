#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "weir/checkpoint/manifest.h"
#include "weir/checkpoint/options.h"
#include "weir/checkpoint/statistics.h"
#include "weir/checkpoint/store.h"
#include "weir/core/graph.h"
#include "weir/core/host.h"
#include "weir/core/ids.h"
#include "weir/core/snapshot.h"

namespace weir::checkpoint {

/// What the coordinator must know of its job.
struct CoordinatedJob {
  JobShape shape;
  bool exactly_once = false;  ///< a sink promises to show every result exactly once
  /// Makes what a savepoint holds fit this job, or refuses it; what is dropped is returned as sentences. Null: it fits.
  /// Called on a helper thread. Errors: UserError with both sides.
  std::function<std::vector<std::string>(Manifest&)> fit = {};
};

/// A task of an attempt, for messages, and how many subtasks of it acknowledge.
struct CoordinatedTask {
  std::string name;
  std::uint32_t subtasks = 1;
};

/// Where a process, or an attempt, begins.
struct Opened {
  enum class Kind : std::uint8_t {
    kFresh,     ///< at the beginning
    kRestored,  ///< at `manifest`: deliver what it lists, call delivered(), run
    kDrained,   ///< the job had read all: deliver what `manifest` lists, call delivered(), wait for Events::finished
    kFinished,  ///< the job has ended before: nothing is to be done
  };

  Kind kind = Kind::kFresh;
  std::shared_ptr<const Manifest> manifest;  ///< of kRestored and kDrained
  std::vector<std::string> warnings;         ///< what was passed over to come here
  std::string savepoint = {};                ///< the directory of the one that the job begins with; empty: none
};

/// What sources do when they have sent a barrier.
enum class AfterBarrier : std::uint8_t { kReadOn, kStop };

/// A checkpoint that tasks are asked for.
struct Trigger {
  CheckpointId checkpoint{};
  std::shared_ptr<const Manifest> base;  ///< whose files may be listed again; null: none
  bool final = false;                    ///< all sources are exhausted: the end of input comes before the barrier
  bool savepoint = false;                ///< somebody wants to save it
  AfterBarrier sources = AfterBarrier::kReadOn;
};

/// What is special about a checkpoint that somebody asks for.
struct CheckpointWish {
  bool savepoint = false;  ///< its files stay until save() is done with them
  AfterBarrier sources = AfterBarrier::kReadOn;
};

/// What came of a checkpoint that was asked for.
struct Taken {
  CheckpointId checkpoint{};                      ///< 0: none was begun
  std::string path;                               ///< its directory; empty: it failed
  std::string failure;                            ///< why it failed; empty: it is completed
  std::shared_ptr<const Manifest> manifest = {};  ///< of a completed one
};

/// Takes a job's checkpoints, says which of them exist, and from which one a process or attempt goes on.
///
/// Thread: control loop only; what blocks goes through Host::blocking, one piece at a time. Events come on the control
/// loop, never from within a call of the coordinator, and none after its destruction, which is safe at any time; what
/// is under way then runs to its end. The protocol: docs/formats/log.md.
class Coordinator {
 public:
  struct Events {
    /// Every source is to send barrier `checkpoint`. Only within an attempt.
    std::function<void(const Trigger&)> trigger;
    /// The checkpoint exists: tasks are told, its staged output is delivered, then delivered() called. Only within an
    /// attempt.
    std::function<void(std::shared_ptr<const Manifest>)> completed;
    /// The checkpoint will never exist. Another is triggered in its time. Only within an attempt.
    std::function<void(CheckpointId, const std::string& why)> aborted;
    /// The job has to fail, once: another process has taken over (FencedError), too many checkpoints failed, or the log
    /// cannot tell any more what happened. The coordinator does nothing after it but close().
    std::function<void(std::exception_ptr)> failed;
    /// The final checkpoint is delivered and the log says that the job has finished.
    std::function<void()> finished;
    /// Files that nothing needs could not be removed, and the like: for the log.
    std::function<void(const std::string&)> warn;
  };

  using OnOpened = std::function<void(Opened, std::exception_ptr)>;
  using OnTaken = std::function<void(const Taken&)>;
  using OnClosed = std::function<void(std::exception_ptr)>;

  /// Requires: `host` outlives it.
  Coordinator(Host& host, Options options, CoordinatedJob job, Events events);
  ~Coordinator();
  Coordinator(const Coordinator&) = delete;
  Coordinator& operator=(const Coordinator&) = delete;

  /// Called once, first: locks the directory, takes the log over, finds where to begin, removes what nothing needs.
  /// Errors: UsageError naming the flag that would help; UserError; ExternalError (the same again may help);
  /// CorruptionError naming the file.
  void open(OnOpened done);

  /// Where the next attempt begins: the newest completed checkpoint, read again. Requires: open() is done, no attempt.
  /// Errors: as open().
  void restore(OnOpened done);

  /// A file of the checkpoint directory turned out to be missing or damaged when it was fetched: the next restore(), or
  /// that of the next process, decides without it what can be done.
  void damaged(const std::string& path, const std::string& why);

  /// From now on checkpoints are triggered. Requires: open() or restore() is done with kFresh or kRestored, and what it
  /// listed is delivered; attempts have rising ids. `tasks`: by their index.
  void begin_attempt(AttemptId attempt, std::vector<CoordinatedTask> tasks);

  /// Nothing of the attempt counts any more. Safe without one.
  void end_attempt();

  /// The task has everything of `checkpoint` in safety. Acknowledgements of another attempt or checkpoint are refused
  /// and counted.
  void acknowledge(AttemptId attempt, CheckpointId checkpoint, TaskIndex task, SubtaskIndex subtask,
                   TaskSnapshot snapshot);
  /// The task cannot take part in `checkpoint`.
  void decline(AttemptId attempt, CheckpointId checkpoint, TaskIndex task, SubtaskIndex subtask,
               const std::string& why);

  /// Takes a checkpoint as soon as none is being taken, however long ago the last one was. Called within an attempt or
  /// not; `done` is told once, unless the coordinator is destroyed first.
  void take_now(OnTaken done) { take_now({}, std::move(done)); }
  /// The same, with a wish. One checkpoint serves all who have asked before its trigger, and has all of their wishes.
  void take_now(CheckpointWish wish, OnTaken done);

  /// All sources have read all: a final checkpoint follows, again and again until one is completed.
  void sources_exhausted(AttemptId attempt);

  /// The sources of this attempt have been told to stop.
  bool sources_stopped() const;

  /// Makes a savepoint of `manifest` below the directory `parent`: `done` gets its path. Requires: its files are kept,
  /// see CheckpointWish::savepoint. Errors: as write_savepoint().
  using OnSaved = std::function<void(std::string path, std::exception_ptr)>;
  void save(std::shared_ptr<const Manifest> manifest, std::string parent, OnSaved done);

  /// All staged output that the manifest of `checkpoint` lists is delivered.
  void delivered(CheckpointId checkpoint);

  /// What becomes of the job's directory.
  enum class Keep : std::uint8_t {
    kYes,
    kNo,  ///< its owner wants it to be gone
  };

  /// Ends everything; called once, at any time. `done` comes when the directory is free for another process. Errors:
  /// FencedError if another process has taken over, which explains what may have failed before; what went wrong with
  /// the removal.
  void close(Keep keep, OnClosed done);

  // After open().
  GenerationId generation() const;
  /// Throws FencedError if another process has taken over. Blocks; for helper threads, at any time, also when the
  /// coordinator is gone; the host must be there. What had been there before such a call returned is not of a later
  /// generation. Other errors: as of a log that cannot be read.
  const std::function<void()>& fence() const;
  /// For tasks, on helper threads.
  const std::shared_ptr<const Store>& store() const;

  const Statistics& statistics() const;
  /// The last ten checkpoints of this process that have ended, and the one that is being taken; the newest last.
  std::vector<CheckpointRecord> recent() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace weir::checkpoint
