#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "weir/core/source.h"

namespace weir::connectors {

/// What a socket source connects to, and how it cuts what arrives.
struct SocketOptions {
  std::string host = "localhost";
  std::uint16_t port = 0;              ///< to be given
  std::size_t max_line = 1024 * 1024;  ///< bytes; a longer line ends the job
  std::uint32_t retries = 0;           ///< how often a connection that fails to come about is tried again
  std::chrono::milliseconds retry_delay{500};
  char delimiter = '\n';
};

/// Reads lines of text from a TCP server: records of type weir::Text without timestamp.
///
/// A client. Parallelism 1: further subtasks get nothing. Unbounded, though it ends when the peer closes. It cannot be
/// replayed: what was read after the last checkpoint is lost in a crash; whoever goes on from it connects anew, unless
/// the peer had closed. Lines end at the delimiter; one '\r' before
/// '\n' is cut off; a last line without delimiter counts. At most about 1 MiB, and one line, waits in memory; then
/// reading pauses, and TCP slows the peer down.
/// Errors: UsageError for options that cannot be meant; when it runs, ExternalError naming the address and the reason
/// when no connection comes about or it breaks; UserError for a line above max_line.
std::shared_ptr<const Source> socket(SocketOptions options);

}  // namespace weir::connectors
