#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "weir/cluster/cluster_rules.h"
#include "weir/cluster/program_plan.h"
#include "weir/core/files.h"

namespace weir::cluster {

/// A job as it was submitted.
struct StoredJob {
  JobId id;
  ProgramCommand command;
  std::int64_t submitted_ms = 0;
  ProgramPlan plan;
};

/// What is on disk of a job.
struct JobFacts {
  StoredJob job;
  std::uint64_t attempt = 0;       ///< the last that may have been started; 0: none
  std::vector<JobPlace> places;    ///< the TaskManagers that it was given to, that of the leading process first
  bool over = false;               ///< that attempt has ended for certain
  bool cancelled = false;          ///< it must end, and never start again
  std::optional<std::string> end;  ///< its last status, encoded, when it has ended
};

/// A JobManager's durable facts: a directory for each job.
///
///   <job>/submitted      protobuf StoredJob
///   <job>/attempt-<n>    protobuf StartedJob, written before the attempt is started
///   <job>/over-<n>       that attempt's workers are gone
///   <job>/cancelled      somebody was told that the job will end
///   <job>/ended          the encoded status
///
/// A file appears whole or not at all, and never changes. Calls block. Errors: as FileSystem's.
class JobStore {
 public:
  /// Requires: `files` outlives it.
  JobStore(FileSystem& files, std::string directory);

  void add(const StoredJob& job);
  void started(const JobId& id, std::uint64_t attempt, const std::vector<JobPlace>& places);
  void over(const JobId& id, std::uint64_t attempt);
  void cancelled(const JobId& id);
  void ended(const JobId& id, const std::string& status);
  void remove(const JobId& id);

  /// All jobs, the oldest first. What cannot be read is left out, with a sentence in `problems`.
  std::vector<JobFacts> load(std::vector<std::string>& problems);

 private:
  JobFacts load(const JobId& id);
  void publish(const std::string& directory, const std::string& name, const std::string& bytes);

  FileSystem& files_;
  const std::string directory_;
};

}  // namespace weir::cluster
