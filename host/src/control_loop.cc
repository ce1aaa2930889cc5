#include "control_loop.h"

#include "weir/core/check.h"

#include "threads.h"

namespace weir::host {
namespace {

/// A deadline and its callback. Whoever claims it first, the deadline or the timer's destruction, owns `work`.
struct Alarm {
  Alarm(asio::io_context& context, MonotonicTime when, std::function<void()> what)
      : timer(context, when), work(std::move(what)) {}

  bool claim() { return !claimed.exchange(true); }

  asio::steady_timer timer;
  std::function<void()> work;
  std::atomic<bool> claimed{false};
};

class AsioTimer final : public Timer {
 public:
  AsioTimer(ControlLoop& loop, std::shared_ptr<Alarm> alarm) : handle_(loop), alarm_(std::move(alarm)) {}

  ~AsioTimer() override {
    if (!alarm_->claim()) return;
    alarm_->timer.cancel();
    alarm_->work = nullptr;
  }

 private:
  ControlLoop::Handle handle_;
  std::shared_ptr<Alarm> alarm_;
};

}  // namespace

// No concurrency hint: with the hint 1, work that the control thread posts to itself would be overtaken by work that
// other threads posted later.
ControlLoop::ControlLoop()
    : owner_(std::make_unique<asio::io_context>()), context_(owner_.get()), work_(asio::make_work_guard(*context_)) {
  thread_ = start_thread("weir-control", [this] { context_->run(); });
}

ControlLoop::~ControlLoop() {
  if (thread_.joinable()) stop();
  work_.reset();
  // The destructors of dropped callbacks may still call post() and give handles back.
  owner_.reset();
  WEIR_CHECK(handles_ == 0, handles_.load(), "timers, streams or listeners outlive their host");
}

void ControlLoop::post(std::function<void()> work) {
  if (stopping()) return;
  asio::post(*context_, [this, work = std::move(work)] { call("posted work", work); });
}

std::unique_ptr<Timer> ControlLoop::at(MonotonicTime when, std::function<void()> work) {
  auto alarm = std::make_shared<Alarm>(*context_, when, std::move(work));
  auto timer = std::make_unique<AsioTimer>(*this, alarm);
  alarm->timer.async_wait([this, alarm](const error_code&) {
    if (!alarm->claim()) return;
    const std::function<void()> due = std::move(alarm->work);
    call("a timer", due);
  });
  return timer;
}

void ControlLoop::stop() {
  WEIR_CHECK(thread_.get_id() != std::this_thread::get_id(), "a callback destroys its host");
  stopping_ = true;
  asio::post(*context_, [this] { stop_when_flushed(); });
  thread_.join();
}

void ControlLoop::end_flush() {
  --flushes_;
  if (stopping()) stop_when_flushed();
}

void ControlLoop::stop_when_flushed() {
  if (flushes_ == 0) context_->stop();
}

}  // namespace weir::host
