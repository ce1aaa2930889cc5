#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "weir/cluster/conversation.h"
#include "weir/core/time.h"

// What a JobManager and a TaskManager decide: facts in, decisions out.

namespace weir::cluster {

/// What a JobManager knows of a TaskManager when it places a job.
struct SlotFacts {
  std::string node;
  bool connected = true;
  std::uint32_t slots = 0;
  std::uint32_t free_slots = 0;
};

/// So many of a job's slots are on that TaskManager.
struct JobPlace {
  std::string node;
  std::uint32_t slots = 0;

  friend bool operator==(const JobPlace&, const JobPlace&) = default;
};

/// The TaskManagers that a job of so many slots goes to, of those that are connected: one that has them all, if there
/// is one, else as few as will do. Those with the most free slots come first; of equals the first by name. Empty: it
/// has to wait.
std::vector<JobPlace> choose_task_managers(std::uint32_t slots, std::vector<SlotFacts> managers);

/// What a job that has to wait waits for, in words.
std::string missing_slots(std::uint32_t slots, const std::vector<SlotFacts>& managers);

/// What a TaskManager does about its workers while it has no JobManager.
enum class FenceDecision : std::uint8_t {
  kKeepWorkers,
  kKillWorkers,  ///< soon the JobManager may give their slots away
};

/// `last_answered`: Conversation::last_answered() of the TaskManager: the JobManager lost it at that time or later.
FenceDecision decide_fence(MonotonicTime last_answered, MonotonicTime now, const HeartbeatLimits& limits);

/// When a JobManager that lost a TaskManager at `lost`, and answers nothing of it since, may give its jobs to others:
/// the TaskManager has noticed by then, and killed its workers.
MonotonicTime may_give_away_at(MonotonicTime lost, const HeartbeatLimits& limits);

/// What a Hello is answered with; empty: it is welcome.
struct ExpectedPeer {
  std::string cluster;
  std::string token;
};
struct Hello;
std::string decide_hello(const Hello& hello, const ExpectedPeer& expected);

}  // namespace weir::cluster
