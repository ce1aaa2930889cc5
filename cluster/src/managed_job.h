#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "weir/cluster/job_manager.h"

#include "job_operations.h"

namespace weir::cluster {

/// A job as its JobManager knows it.
struct JobManager::Job {
  enum class Phase : std::uint8_t {
    kWaiting,     ///< for slots
    kStoring,     ///< its next attempt is written down
    kRunning,     ///< its TaskManagers have been told, and may be lost for now
    kBackingOff,  ///< until its restart
    kEnding,      ///< its last status is written down
    kEnded,
  };

  /// One of its workers.
  struct Part {
    JobPlace place;
    bool started = false;  ///< its TaskManager was told
    bool gone = false;     ///< for certain
  };
  /// What ended an attempt.
  struct Ending {
    std::string where;
    std::string message;
    bool on_purpose = false;
  };

  Job(StoredJob what, runtime::RestartStrategy strategy, std::uint64_t number);

  bool has_slots() const { return phase == Phase::kStoring || phase == Phase::kRunning; }
  /// The worker there, or null.
  Part* part_on(const std::string& node) {
    for (Part& part : parts)
      if (part.place.node == node) return &part;
    return nullptr;
  }
  const std::string& leader() const { return parts.front().place.node; }

  /// The job as everyone is shown it: what its worker told, with what came before that worker.
  std::shared_ptr<const runtime::JobStatus> shown(std::int64_t now_ms) const;
  JobEntry entry(std::int64_t now_ms) const;

  /// Each keeps a bounded number, the newest.
  void note_change(runtime::JobState state, std::int64_t now_ms);
  void note_exception(runtime::ExceptionStatus exception);

  StoredJob stored;
  std::uint64_t number;  ///< in the order of submission
  std::uint32_t slots;
  Phase phase = Phase::kWaiting;
  bool cancel_asked = false;
  std::vector<Cancelled> asking;  ///< who are answered when the cancel is on disk
  bool cancel_stored = false;
  bool said_waiting = false;     ///< that it waits for slots
  WorkerName worker;             ///< the last attempt
  std::vector<Part> parts;       ///< of that, in the order of processes: the first leads
  std::string secret;            ///< of that, if there are several
  std::optional<Ending> ending;  ///< of that: it waits for the ends of the other workers
  MonotonicTime attempt_started{};
  runtime::RestartCounter counter;
  std::unique_ptr<Timer> timer;      ///< of its restart, or of the end of patience with its cancelling
  std::unique_ptr<Timer> end_timer;  ///< a worker has ended in order: the one that leads has to tell why

  std::shared_ptr<const runtime::JobStatus> told;    ///< by the worker; null before it said anything
  std::uint32_t restarts = 0;                        ///< of workers
  std::vector<runtime::JobStateChange> changes;      ///< of what the JobManager did
  std::vector<runtime::ExceptionStatus> exceptions;  ///< workers that died
  JobOperations operations;
  std::set<std::string> stops;                           ///< triggers of those that end the job
  std::map<std::string, std::string> stopped;            ///< by them, savepoints with which the job ends
  std::shared_ptr<const runtime::JobStatus> shown_last;  ///< while it is kEnding
};

/// A TaskManager as its JobManager knows it.
struct JobManager::Manager {
  Hello hello;
  std::unique_ptr<Conversation> conversation;  ///< null: lost
  std::unique_ptr<Timer> give_away_timer;
};

}  // namespace weir::cluster
