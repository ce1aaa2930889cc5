#include "thread_loop.h"

#include <chrono>
#include <new>
#include <optional>
#include <thread>
#include <utility>

#include "weir/core/check.h"

#include "callback.h"
#include "memory_reserve.h"
#include "threads.h"

namespace weir::host {
namespace {

/// Tells the core that this is a spin loop: it saves power and leaves the core's other thread more of it.
void pause_core() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// How often, and how soon, a step is tried again that had no memory left.
constexpr int kTries = 1000;
constexpr std::chrono::milliseconds kPause{1};

/// The loop whose thread this is. Ids would not do: the system gives those of ended threads to new ones.
thread_local const ThreadLoop* this_threads_loop = nullptr;

}  // namespace

ThreadLoop::ThreadLoop(Steppable& what, std::string_view name, SpinPolicy& policy)
    : what_(what), name_(name), policy_(policy), thread_(start_thread(name, [this] { run(); })) {
  policy_.loop_started();
}

ThreadLoop::~ThreadLoop() {
  stop();
  policy_.loop_ended();
}

void ThreadLoop::stop() {
  WEIR_CHECK(this_threads_loop != this, "a step stops its own loop", name_);
  stopping_.store(true, std::memory_order_relaxed);
  signal_.raise();
  const std::lock_guard lock(stop_mutex_);
  if (thread_.joinable()) thread_.join();
}

void ThreadLoop::run() {
  this_threads_loop = this;
  std::optional<WorksOnRecords> works_on_records(std::in_place);
  int out_of_memory = 0;
  while (!stopping_.load(std::memory_order_relaxed)) {
    StepResult result = StepResult::kDone;
    run_callback(name_, [&] {
      try {
        result = what_.step();
      } catch (const std::bad_alloc&) {
        // What is left to do is to say so. Others may have to end first.
        if (++out_of_memory > kTries) throw;
        if (!works_on_records) std::this_thread::sleep_for(kPause);
        works_on_records.reset();
        result = StepResult::kMore;
      }
    });
    if (result == StepResult::kDone) return;
    if (result == StepResult::kMore || signal_.take()) continue;
    spin();
    signal_.park();
    signal_.take();
  }
}

void ThreadLoop::spin() const {
  constexpr int kPausesPerClockRead = 32;
  const auto spin = policy_.spin();
  if (spin.count() == 0) return;
  const auto end = std::chrono::steady_clock::now() + spin;
  do {
    for (int i = 0; i < kPausesPerClockRead; ++i) {
      if (signal_.raised()) return;
      pause_core();
    }
  } while (std::chrono::steady_clock::now() < end);
}

}  // namespace weir::host
