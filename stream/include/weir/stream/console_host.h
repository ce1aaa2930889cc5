#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "weir/core/forwarding_host.h"
#include "weir/core/host.h"

namespace weir::detail {

/// A host whose printed text shares one terminal with log lines and a status line: the status line is the last line of
/// the screen, is taken away before anything else is written, and drawn again below it.
///
/// Log lines and the status line go to standard error. They are written by helper threads, in order: whoever logs does
/// not block. When standard error cannot be written they are dropped; the job goes on.
/// Thread-safe. Everything but printing is the inner host's.
class ConsoleHost final : public ForwardingHost {
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

 private:
  class Screen;

  void write_soon();

  std::shared_ptr<Screen> screen_;  // shared with writes that helpers have not begun
};

}  // namespace weir::detail
