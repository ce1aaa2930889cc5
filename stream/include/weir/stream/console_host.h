#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "weir/core/host.h"

namespace weir::detail {

/// A host whose printed text shares one terminal with log lines and a status line: the status line is the last line of
/// the screen, is taken away before anything else is written, and drawn again below it.
///
/// Log lines and the status line go to standard error. They are written by helper threads, in order: whoever logs does
/// not block. When standard error cannot be written they are dropped; the job goes on.
/// Thread-safe. Everything but printing is the inner host's.
class ConsoleHost final : public Host {
 public:
  enum class Output : std::uint8_t {
    kSharesTerminal,  ///< standard output is the terminal that shows the status line
    kElsewhere,       ///< it is not: printing there leaves the status line alone
  };

  /// Requires: `inner` outlives the console.
  ConsoleHost(Host& inner, Output output);

  /// As close().
  ~ConsoleHost() override;

  /// Writes a line, which is given without its newline.
  void log(std::string_view line);

  /// Shows this line, without a newline, in place of the last status line. Requires: narrower than the terminal.
  void show_status(std::string line);

  /// Takes the status line away for good and writes what waits. Blocks.
  void close();

  /// Errors: as the inner host's, for `stream` alone.
  void print(StandardStream stream, std::string_view text) override;

  MonotonicTime monotonic_now() override { return inner_.monotonic_now(); }
  Timestamp wall_now() override { return inner_.wall_now(); }
  void post(std::function<void()> work) override { inner_.post(std::move(work)); }
  std::unique_ptr<Timer> at(MonotonicTime when, std::function<void()> work) override {
    return inner_.at(when, std::move(work));
  }
  void blocking(std::function<void()> work, std::function<void(std::exception_ptr)> done) override {
    inner_.blocking(std::move(work), std::move(done));
  }
  std::unique_ptr<Loop> start_loop(Steppable& what, std::string_view name) override {
    return inner_.start_loop(what, name);
  }
  FileSystem& files() override { return inner_.files(); }
  Network& network() override { return inner_.network(); }
  std::uint64_t random() override { return inner_.random(); }
  void crash_point(std::string_view name) override { inner_.crash_point(name); }

 private:
  class Screen;

  void write_soon();

  Host& inner_;
  std::shared_ptr<Screen> screen_;  // shared with writes that helpers have not begun
};

}  // namespace weir::detail
