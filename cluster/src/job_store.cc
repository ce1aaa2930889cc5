#include "weir/cluster/job_store.h"

#include <algorithm>
#include <charconv>
#include <tuple>

#include <fmt/format.h>

#include "weir/core/error.h"
#include "weir/core/file_tools.h"

#include "wire.pb.h"

namespace weir::cluster {
namespace {

constexpr std::uint32_t kVersion = 1;
constexpr std::string_view kSubmitted = "submitted";
constexpr std::string_view kAttempt = "attempt-";
constexpr std::string_view kOver = "over-";
constexpr std::string_view kCancelled = "cancelled";
constexpr std::string_view kEnded = "ended";
constexpr std::string_view kUnfinished = ".new";

[[noreturn]] void throw_damaged(const std::string& path) {
  throw CorruptionError(path + " is not what a JobManager wrote: the job is not started again");
}

std::string encode(const StoredJob& job) {
  wire::StoredJob out;
  out.set_version(kVersion);
  out.set_id(job.id);
  out.set_program(job.command.program);
  for (const std::string& argument : job.command.arguments) out.add_arguments(argument);
  out.set_directory(job.command.directory);
  for (const auto& [name, value] : job.command.variables) {
    wire::Variable& variable = *out.add_variables();
    variable.set_name(name);
    variable.set_value(value);
  }
  out.set_submitted_ms(job.submitted_ms);
  out.set_plan(encode_plan(job.plan));
  return out.SerializeAsString();
}

StoredJob decode(const std::string& path, const std::string& bytes) {
  wire::StoredJob in;
  if (!in.ParseFromString(bytes) || in.version() != kVersion) throw_damaged(path);
  StoredJob job;
  job.id = in.id();
  job.command.program = in.program();
  job.command.arguments = {in.arguments().begin(), in.arguments().end()};
  job.command.directory = in.directory();
  for (const wire::Variable& variable : in.variables())
    job.command.variables.emplace_back(variable.name(), variable.value());
  job.submitted_ms = in.submitted_ms();
  job.plan = decode_plan(in.plan());
  return job;
}

/// The number of a file that is named `kind` and an attempt; 0: it is another.
std::uint64_t attempt_of(std::string_view name, std::string_view kind) {
  std::uint64_t attempt = 0;
  if (!name.starts_with(kind)) return 0;
  name.remove_prefix(kind.size());
  const auto parsed = std::from_chars(name.data(), name.data() + name.size(), attempt);
  return parsed.ec == std::errc() && parsed.ptr == name.data() + name.size() ? attempt : 0;
}

}  // namespace

JobStore::JobStore(FileSystem& files, std::string directory) : files_(files), directory_(std::move(directory)) {}

void JobStore::add(const StoredJob& job) {
  const std::string directory = directory_ + "/" + job.id;
  files_.make_directories(directory);
  publish(directory, std::string(kSubmitted), encode(job));
  files_.sync_directory(directory_);
}

void JobStore::started(const JobId& id, std::uint64_t attempt, const std::vector<JobPlace>& places) {
  wire::StartedJob out;
  out.set_attempt(attempt);
  for (const JobPlace& place : places) {
    out.add_nodes(place.node);
    out.add_slots(place.slots);
  }
  const std::string directory = directory_ + "/" + id;
  publish(directory, std::string(kAttempt) + std::to_string(attempt), out.SerializeAsString());
  for (const DirectoryEntry& entry : files_.list(directory)) {
    const std::uint64_t found = std::max(attempt_of(entry.name, kAttempt), attempt_of(entry.name, kOver));
    if (found != 0 && found < attempt) files_.remove(directory + "/" + entry.name);
  }
}

void JobStore::over(const JobId& id, std::uint64_t attempt) {
  const std::string directory = directory_ + "/" + id;
  const std::string name = std::string(kOver) + std::to_string(attempt);
  if (!files_.exists(directory + "/" + name)) publish(directory, name, "");
}

void JobStore::cancelled(const JobId& id) {
  const std::string directory = directory_ + "/" + id;
  if (!files_.exists(directory + "/" + std::string(kCancelled))) publish(directory, std::string(kCancelled), "");
}

void JobStore::ended(const JobId& id, const std::string& status) {
  const std::string directory = directory_ + "/" + id;
  if (!files_.exists(directory + "/" + std::string(kEnded))) publish(directory, std::string(kEnded), status);
}

void JobStore::remove(const JobId& id) {
  const std::string directory = directory_ + "/" + id;
  for (const DirectoryEntry& entry : files_.list(directory)) files_.remove(directory + "/" + entry.name);
  files_.remove(directory);
}

std::vector<JobFacts> JobStore::load(std::vector<std::string>& problems) {
  make_durable_directory(files_, directory_);
  std::vector<JobFacts> jobs;
  for (const DirectoryEntry& entry : files_.list(directory_)) {
    if (entry.type != FileType::kDirectory) continue;
    // Without it the job was never accepted.
    if (!files_.exists(directory_ + "/" + entry.name + "/" + std::string(kSubmitted))) continue;
    try {
      jobs.push_back(load(entry.name));
    } catch (const Error& error) {
      problems.emplace_back(error.what());
    }
  }
  std::sort(jobs.begin(), jobs.end(), [](const auto& a, const auto& b) {
    return std::tie(a.job.submitted_ms, a.job.id) < std::tie(b.job.submitted_ms, b.job.id);
  });
  return jobs;
}

JobFacts JobStore::load(const JobId& id) {
  const std::string directory = directory_ + "/" + id;
  JobFacts facts;
  for (const DirectoryEntry& entry : files_.list(directory)) {
    const std::string path = directory + "/" + entry.name;
    if (entry.name == kSubmitted) {
      facts.job = decode(path, read_whole(files_, path));
    } else if (entry.name == kEnded) {
      facts.end = read_whole(files_, path);
    } else if (entry.name == kCancelled) {
      facts.cancelled = true;
    } else if (const std::uint64_t attempt = attempt_of(entry.name, kAttempt); attempt > facts.attempt) {
      wire::StartedJob in;
      if (!in.ParseFromString(read_whole(files_, path))) throw_damaged(path);
      facts.attempt = attempt;
      facts.places.clear();
      for (int i = 0; i < in.nodes_size(); ++i)
        facts.places.push_back({in.nodes(i), i < in.slots_size() ? in.slots(i) : 1});
    }
  }
  if (facts.attempt > 0)
    facts.over = files_.exists(directory + "/" + std::string(kOver) + std::to_string(facts.attempt));
  if (facts.job.id != id) throw_damaged(directory + "/" + std::string(kSubmitted));
  return facts;
}

void JobStore::publish(const std::string& directory, const std::string& name, const std::string& bytes) {
  const std::string path = directory + "/" + name;
  const std::string unfinished = path + std::string(kUnfinished);
  files_.remove(unfinished);
  {
    const auto file = files_.create(unfinished);
    file->append(bytes);
    file->sync();
  }
  files_.rename(unfinished, path);
  files_.sync_directory(directory);
}

}  // namespace weir::cluster
