#include "helper_pool.h"

#include <string>
#include <utility>

#include "weir/core/check.h"
#include "weir/core/error.h"

#include "control_loop.h"
#include "threads.h"

namespace weir::host {

HelperPool::HelperPool(ControlLoop& control, unsigned threads) : control_(control) {
  WEIR_CHECK(threads >= 1, threads);
  try {
    for (unsigned i = 0; i < threads; ++i)
      threads_.push_back(start_thread("weir-helper-" + std::to_string(i), [this] { run(); }));
  } catch (const Error&) {
    join();
    throw;
  }
}

HelperPool::~HelperPool() { join(); }

void HelperPool::stop_taking() {
  std::deque<Job> dropped;  // destroyed without the lock: what it holds may submit again
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    dropped.swap(jobs_);
  }
  changed_.notify_all();
}

void HelperPool::join() {
  stop_taking();
  for (std::thread& thread : threads_) thread.join();
}

void HelperPool::submit(std::function<void()> work, std::function<void(std::exception_ptr)> done) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    jobs_.push_back({std::move(work), std::move(done)});
  }
  changed_.notify_one();
}

void HelperPool::run() {
  for (;;) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      if (stopping_) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    std::exception_ptr error;
    try {
      job.work();
    } catch (...) {
      error = std::current_exception();
    }
    // What the work holds is released before `done` can run.
    job.work = nullptr;
    control_.post([done = std::move(job.done), error = std::move(error)] { done(error); });
  }
}

}  // namespace weir::host
