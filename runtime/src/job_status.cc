#include "weir/runtime/job_status.h"

#include <algorithm>

#include "weir/core/codec.h"
#include "weir/core/error.h"
#include "weir/core/hash.h"
#include "weir/core/reader.h"
#include "weir/core/schema_of.h"

namespace weir::runtime {

namespace {

/// Of the fields and their order: what another build must have too.
std::uint64_t format() {
  static const std::uint64_t hash = hash_bytes(to_string(schema_of<JobStatus>()));
  return hash;
}

}  // namespace

const char* to_string(JobState state) {
  switch (state) {
    case JobState::kCreated:
      return "CREATED";
    case JobState::kRunning:
      return "RUNNING";
    case JobState::kRestarting:
      return "RESTARTING";
    case JobState::kFailing:
      return "FAILING";
    case JobState::kCancelling:
      return "CANCELLING";
    case JobState::kFailed:
      return "FAILED";
    case JobState::kCanceled:
      return "CANCELED";
    case JobState::kFinished:
      return "FINISHED";
  }
  return "UNKNOWN";
}

const char* to_string(TaskState state) {
  switch (state) {
    case TaskState::kCreated:
      return "CREATED";
    case TaskState::kDeploying:
      return "DEPLOYING";
    case TaskState::kInitializing:
      return "INITIALIZING";
    case TaskState::kRunning:
      return "RUNNING";
    case TaskState::kCanceled:
      return "CANCELED";
    case TaskState::kFailed:
      return "FAILED";
    case TaskState::kFinished:
      return "FINISHED";
  }
  return "UNKNOWN";
}

const char* to_string(CheckpointState state) {
  switch (state) {
    case CheckpointState::kInProgress:
      return "IN_PROGRESS";
    case CheckpointState::kCompleted:
      return "COMPLETED";
    case CheckpointState::kFailed:
      return "FAILED";
  }
  return "UNKNOWN";
}

OperatorMemory& OperatorMemory::operator+=(const OperatorMemory& other) {
  name = other.name;
  share += other.share;
  bytes += other.bytes;
  evictions += other.evictions;
  rows_ahead += other.rows_ahead;
  rows_at_once += other.rows_at_once;
  states.resize(std::max(states.size(), other.states.size()));
  for (std::size_t i = 0; i < other.states.size(); ++i) {
    states[i].name = other.states[i].name;
    states[i].bytes += other.states[i].bytes;
    states[i].entries += other.states[i].entries;
    states[i].entries_cold += other.states[i].entries_cold;
  }
  return *this;
}

std::string encode_status(const JobStatus& status) {
  std::string bytes;
  encode_value(format(), bytes);
  encode_value(status, bytes);
  return bytes;
}

JobStatus decode_status(std::string_view bytes) {
  Reader in(bytes);
  std::uint64_t theirs = 0;
  decode_value(in, theirs);
  if (theirs != format())
    throw UserError(
        "the job was built with another version of Weir and tells its status in another form: build it again with this "
        "version");
  return decode_value<JobStatus>(bytes.substr(in.offset()));
}

}  // namespace weir::runtime
