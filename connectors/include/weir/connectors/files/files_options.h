#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace weir::connectors {

/// Where a file sink writes, and when it begins a new part.
struct FilesOptions {
  std::string directory = {};
  std::string prefix = "part";  ///< of the names of the parts; no '/', not empty, no '.' at its beginning
  std::uint64_t max_bytes = 128 * 1024 * 1024;                            ///< a part that has so many is complete
  std::optional<std::chrono::milliseconds> roll_interval = std::nullopt;  ///< a part that is so old is complete
  /// Without checkpoints: parts are delivered as soon as they are complete, for jobs that do not end. After a failure
  /// records may then appear again: at-least-once. Otherwise all parts appear when the job has ended.
  /// With checkpoints it changes nothing: parts are delivered after the checkpoint that follows them.
  bool deliver_when_rolled = false;
  std::string role = "output";  ///< what messages call the directory: "the <role> directory '/out' is not empty"
};

}  // namespace weir::connectors
