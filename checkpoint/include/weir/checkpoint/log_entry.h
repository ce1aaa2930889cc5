#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "weir/checkpoint/layout.h"
#include "weir/core/hash.h"
#include "weir/core/ids.h"

namespace weir::checkpoint {

/// One coordinator process, at random: two that were given the same index tell themselves apart by it.
using WriterId = StrongId<struct WriterIdTag, std::uint64_t>;

/// The job begins.
struct Born {
  std::string job;

  friend bool operator==(const Born&, const Born&) = default;
};

/// From here on a new coordinator decides. Its generation is the entry's index.
struct Takeover {
  std::string node;                        ///< who: "host:pid"
  std::optional<CheckpointName> restores;  ///< where it goes on; later checkpoints before this entry are given up

  friend bool operator==(const Takeover&, const Takeover&) = default;
};

/// The checkpoint exists.
struct Completed {
  CheckpointName checkpoint;
  std::string manifest;  ///< relative to the job's directory
  std::uint64_t size = 0;
  Hash128 hash{};

  friend bool operator==(const Completed&, const Completed&) = default;
};

/// All input is read, all output delivered.
struct Finished {
  friend bool operator==(const Finished&, const Finished&) = default;
};

/// One file log/<index>. docs/formats/log.md is its format.
struct LogEntry {
  std::uint64_t index = 0;
  Hash128 job{};  ///< hash128 of the job's identity
  WriterId writer{};
  std::variant<Born, Takeover, Completed, Finished> what;

  friend bool operator==(const LogEntry&, const LogEntry&) = default;
};

/// The whole file.
std::string encode_log_entry(const LogEntry& entry);

/// `path` is for messages. Errors: CorruptionError for bytes that are no whole entry; UserError naming both versions
/// for one of another format.
LogEntry decode_log_entry(std::string_view bytes, const std::string& path);

/// "Completed 3.17".
std::string to_string(const LogEntry& entry);

}  // namespace weir::checkpoint
