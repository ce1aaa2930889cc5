#include "job_watch.h"

#include <limits>

#include "weir/host/terminal.h"

namespace weir::detail {

namespace {

using namespace std::chrono_literals;

Duration interval_of(const JobLog& log, const Configuration& configuration, JobWatch::Show show) {
  if (show == JobWatch::Show::kStatusLine) return configuration.status_interval;
  return log.shows_debug() ? 10s : 30s;
}

/// One column less than there is: some terminals begin a new line as soon as the last is filled.
std::size_t columns() { return std::max(host::terminal_width().value_or(80), 2U) - 1; }

}  // namespace

JobWatch::JobWatch(ConsoleHost& console, JobLog& log, const Configuration& configuration, Show show)
    : console_(console),
      log_(log),
      show_(show),
      interval_(interval_of(log, configuration, show)),
      started_(console.monotonic_now()) {}

void JobWatch::start(const runtime::LocalJob& job) {
  job_ = &job;
  wait();
}

void JobWatch::stop() {
  timer_.reset();
  last_ = sample();
}

void JobWatch::wait() {
  timer_ = console_.at(console_.monotonic_now() + interval_, [this] { tick(); });
}

void JobWatch::tick() {
  const StatusSample now = sample();
  if (show_ == Show::kStatusLine) {
    console_.show_status(status_line(last_, now, console_.wall_now(), columns()));
  } else {
    log_.info(status_line(last_, now, console_.wall_now(), std::numeric_limits<std::size_t>::max()));
  }
  last_ = now;
  wait();
}

StatusSample JobWatch::sample() const {
  const MonotonicTime now = console_.monotonic_now();
  return {std::chrono::floor<Duration>(now - started_), job_->progress(), now};
}

}  // namespace weir::detail
