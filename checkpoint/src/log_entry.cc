#include "weir/checkpoint/log_entry.h"

#include <limits>

#include <fmt/format.h>

#include "weir/core/error.h"

#include "log.pb.h"
#include "sealed_file.h"

namespace weir::checkpoint {
namespace {

constexpr SealedFormat kFormat{"WEIRLOGE", 1, "checkpoint log entry"};

void put(const CheckpointName& name, log::Checkpoint& out) {
  out.set_generation(name.generation.value());
  out.set_id(name.checkpoint.value());
}

void put(const Hash128& hash, log::Hash& out) {
  out.set_low(hash.low);
  out.set_high(hash.high);
}

CheckpointName read(const log::Checkpoint& from) { return {GenerationId(from.generation()), CheckpointId(from.id())}; }

Hash128 read(const log::Hash& from) { return {from.low(), from.high()}; }

struct Put {
  log::Entry& out;

  void operator()(const Born& born) const { out.mutable_born()->set_job(born.job); }
  void operator()(const Takeover& takeover) const {
    out.mutable_takeover()->set_node(takeover.node);
    if (takeover.restores) put(*takeover.restores, *out.mutable_takeover()->mutable_restores());
  }
  void operator()(const Completed& completed) const {
    log::Completed& to = *out.mutable_completed();
    put(completed.checkpoint, *to.mutable_checkpoint());
    to.set_manifest(completed.manifest);
    to.set_size(completed.size);
    put(completed.hash, *to.mutable_hash());
  }
  void operator()(const Finished& /*finished*/) const { out.mutable_finished(); }
};

struct Describe {
  std::string operator()(const Born& born) const { return "Born " + born.job; }
  std::string operator()(const Takeover& takeover) const {
    return "Takeover by " + takeover.node +
           (takeover.restores ? ", from " + to_string(*takeover.restores) : ", from the beginning");
  }
  std::string operator()(const Completed& completed) const { return "Completed " + to_string(completed.checkpoint); }
  std::string operator()(const Finished& /*finished*/) const { return "Finished"; }
};

}  // namespace

std::string encode_log_entry(const LogEntry& entry) {
  log::Entry out;
  out.set_index(entry.index);
  put(entry.job, *out.mutable_job());
  out.set_writer(entry.writer.value());
  std::visit(Put{out}, entry.what);
  return seal(kFormat, out.SerializeAsString());
}

LogEntry decode_log_entry(std::string_view bytes, const std::string& path) {
  const std::string_view body = unseal(kFormat, bytes, path);
  log::Entry from;
  if (body.size() > std::numeric_limits<int>::max() || !from.ParseFromArray(body.data(), static_cast<int>(body.size())))
    throw CorruptionError(path + " is no checkpoint log entry: its body cannot be read");
  LogEntry entry;
  entry.index = from.index();
  entry.job = read(from.job());
  entry.writer = WriterId(from.writer());
  switch (from.what_case()) {
    case log::Entry::kBorn:
      entry.what = Born{from.born().job()};
      return entry;
    case log::Entry::kTakeover:
      entry.what =
          Takeover{from.takeover().node(),
                   from.takeover().has_restores() ? std::optional(read(from.takeover().restores())) : std::nullopt};
      return entry;
    case log::Entry::kCompleted:
      entry.what = Completed{read(from.completed().checkpoint()), from.completed().manifest(), from.completed().size(),
                             read(from.completed().hash())};
      return entry;
    case log::Entry::kFinished:
      entry.what = Finished{};
      return entry;
    case log::Entry::WHAT_NOT_SET:
      break;
  }
  throw CorruptionError(path + " is no checkpoint log entry: it says nothing that this version of Weir knows");
}

std::string to_string(const LogEntry& entry) { return std::visit(Describe{}, entry.what); }

}  // namespace weir::checkpoint
