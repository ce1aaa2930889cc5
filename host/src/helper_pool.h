#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace weir::host {

class ControlLoop;

/// The threads behind Host::blocking. Thread-safe. Work starts in the order of submission.
class HelperPool {
 public:
  /// Requires: threads >= 1; `control` outlives the pool.
  HelperPool(ControlLoop& control, unsigned threads);

  /// Waits for the work under way.
  ~HelperPool();

  /// Starts no more work, and drops what waits.
  void stop_taking();

  /// Runs `work`, then `done` on the control loop with what `work` threw. Without effect after stop_taking().
  void submit(std::function<void()> work, std::function<void(std::exception_ptr)> done);

 private:
  struct Job {
    std::function<void()> work;
    std::function<void(std::exception_ptr)> done;
  };

  void run();
  void join();

  ControlLoop& control_;
  std::mutex mutex_;  // guards what follows, up to the threads
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  bool stopping_ = false;

  std::vector<std::thread> threads_;
};

}  // namespace weir::host
