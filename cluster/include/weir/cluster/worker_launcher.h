#pragma once

#include <functional>
#include <memory>
#include <string>

#include "weir/cluster/messages.h"

namespace weir::cluster {

/// A process that runs a job. Destruction kills it. Thread: control loop only.
class Worker {
 public:
  virtual ~Worker() = default;
  virtual std::uint64_t pid() const = 0;
  virtual void send(const Message& message) = 0;
  /// At once, whatever it does. Its end is still told.
  virtual void kill() = 0;
};

/// Starts workers: the seam between a TaskManager and processes.
class WorkerLauncher {
 public:
  struct End {
    std::string what;        ///< "exited with status 3"
    std::string last_words;  ///< the last lines of its standard error
    bool in_order = false;   ///< it exited with status 0
  };
  /// They come on the control loop, not from within launch(), and may destroy the worker.
  struct Events {
    std::function<void(Message)> on_message;
    std::function<void(End)> on_ended;  ///< the last
  };

  virtual ~WorkerLauncher() = default;

  /// Errors: ExternalError when the program cannot be started.
  virtual std::unique_ptr<Worker> launch(const StartWorker& start, Events events) = 0;
};

}  // namespace weir::cluster
