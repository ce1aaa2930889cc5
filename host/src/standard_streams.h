#pragma once

#include <array>
#include <mutex>
#include <string_view>

#include "weir/core/host.h"

namespace weir::host {

/// The descriptor of a standard stream.
int descriptor_of(StandardStream stream);

/// Writes to the process's standard streams, past all buffers; texts of several threads do not mix. Thread-safe.
///
/// Errors: ExternalError naming the stream, also when its reader is gone.
class StandardStreams {
 public:
  void print(StandardStream stream, std::string_view text);

 private:
  std::array<std::mutex, 2> mutexes_;
};

}  // namespace weir::host
