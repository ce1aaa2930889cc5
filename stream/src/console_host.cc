#include "weir/stream/console_host.h"

#include <mutex>
#include <utility>

#include "weir/core/error.h"

namespace weir::detail {

namespace {

constexpr std::string_view kErase = "\r\x1b[K";  // to the start of the line, and clear to its end

}  // namespace

class ConsoleHost::Screen {
 public:
  Screen(Host& host, Output output) : host_(host), output_(output) {}

  /// Whether a write must be asked for: none is on its way.
  bool add_line(std::string_view line) {
    const std::lock_guard lock(wanted_mutex_);
    lines_ += line;
    lines_ += '\n';
    return !std::exchange(write_asked_, true);
  }

  bool set_status(std::string line) {
    const std::lock_guard lock(wanted_mutex_);
    if (closed_ || status_ == line) return false;
    status_ = std::move(line);
    return !std::exchange(write_asked_, true);
  }

  void end_status() {
    const std::lock_guard lock(wanted_mutex_);
    closed_ = true;
    status_.clear();
  }

  void write() {
    const std::lock_guard writing(writing_mutex_);
    const Wanted wanted = take();
    std::string text = take_away();
    text += wanted.lines;
    text += draw(wanted.status);
    write_error(text);
  }

  void print(StandardStream stream, std::string_view text) {
    if (output_ == Output::kElsewhere && stream == StandardStream::kOut) return host_.print(stream, text);
    const std::lock_guard writing(writing_mutex_);
    const Wanted wanted = take();
    write_error(take_away() + wanted.lines);
    host_.print(stream, text);
    // Behind an unfinished line there is no place for a status line.
    if (text.ends_with('\n')) write_error(draw(wanted.status));
  }

 private:
  struct Wanted {
    std::string lines;
    std::string status;
  };

  Wanted take() {
    const std::lock_guard lock(wanted_mutex_);
    write_asked_ = false;
    return {std::exchange(lines_, {}), status_};
  }

  std::string take_away() { return std::exchange(drawn_, false) ? std::string(kErase) : ""; }

  std::string draw(const std::string& status) {
    drawn_ = !status.empty();
    return status;
  }

  void write_error(const std::string& text) {
    if (text.empty() || unwritable_) return;
    try {
      host_.print(StandardStream::kError, text);
    } catch (const Error&) {
      // There is no place left to say so, and a job does not fail for its log.
      unwritable_ = true;
    }
  }

  Host& host_;
  const Output output_;

  std::mutex wanted_mutex_;  // guards the next; never held while writing
  std::string lines_;
  std::string status_;
  bool write_asked_ = false;
  bool closed_ = false;

  std::mutex writing_mutex_;  // guards the next, and the order of what is written
  bool drawn_ = false;
  bool unwritable_ = false;
};

ConsoleHost::ConsoleHost(Host& inner, Output output)
    : ForwardingHost(inner), screen_(std::make_shared<Screen>(inner, output)) {}

ConsoleHost::~ConsoleHost() { close(); }

void ConsoleHost::log(std::string_view line) {
  if (screen_->add_line(line)) write_soon();
}

void ConsoleHost::show_status(std::string line) {
  if (screen_->set_status(std::move(line))) write_soon();
}

void ConsoleHost::close() {
  screen_->end_status();
  screen_->write();
}

void ConsoleHost::print(StandardStream stream, std::string_view text) { screen_->print(stream, text); }

void ConsoleHost::write_soon() {
  blocking([screen = screen_] { screen->write(); }, [](std::exception_ptr) {});
}

}  // namespace weir::detail
