#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "weir/core/network.h"

namespace weir::host {

/// How a process ended: by itself with a status, or by a signal.
struct ChildEnd {
  int status = 0;
  int signal = 0;  ///< 0: none
};

/// "exited with status 3", "was killed by signal 11 (Segmentation fault)".
std::string to_string(const ChildEnd& end);

/// Where a standard stream of a child goes.
struct ChildOutput {
  enum class To : std::uint8_t {
    kNowhere,
    kOurs,      ///< where this process's goes
    kFile,      ///< appended to `file`, which is made if need be
    kCaptured,  ///< to ChildProcess::take_out() or take_error()
  };
  To to = To::kNowhere;
  std::string file;
};

/// What a child is started with. Its standard input is empty, its signals are as if a shell had started it, and it
/// leads a process group of its own.
struct ChildCommand {
  enum class Session : std::uint8_t { kOurs, kOwn };

  std::vector<std::string> words;                              ///< the program's path, then its arguments
  std::vector<std::pair<std::string, std::string>> variables;  ///< of the environment, besides ours
  std::string directory;                                       ///< it works in; empty: ours
  ChildOutput out;
  ChildOutput error;
  bool link = false;                 ///< its descriptor kChildLink is the other end of take_link()
  Session session = Session::kOurs;  ///< kOwn: it has no terminal, and the end of ours is nothing to it
};

/// The descriptor at which a child finds its link.
inline constexpr int kChildLink = 3;

/// A process that RealHost::spawn started.
///
/// Destruction kills it and all of its process group, unless it has ended or was let go. Thread-safe, but each stream
/// is taken by one owner, once. Requires: it does not outlive its host.
class ChildProcess {
 public:
  virtual ~ChildProcess() = default;

  virtual std::uint64_t pid() const = 0;

  /// Sends the signal to all of its process group; nothing when it has ended.
  virtual void signal(int number) = 0;

  /// It runs on whatever happens to this object and this process.
  virtual void let_go() = 0;

  virtual std::unique_ptr<ByteStream> take_link() = 0;   ///< null without a link
  virtual std::unique_ptr<ByteStream> take_out() = 0;    ///< null unless captured
  virtual std::unique_ptr<ByteStream> take_error() = 0;  ///< null unless captured
};

/// Lets whoever may read a file run it. Errors: ExternalError naming it.
void make_executable(const std::string& path);

/// Told on the control loop, once, that the child has ended.
using ChildEnded = std::function<void(ChildEnd)>;

}  // namespace weir::host
