#include "weir/stream/console_host.h"

#include <deque>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "weir/core/error.h"

namespace weir::detail {
namespace {

/// A terminal that shows both standard streams: lines, of which the last holds the cursor.
class FakeTerminal final : public Host {
 public:
  std::vector<std::string> lines{""};
  std::deque<std::function<void()>> work;
  bool error_stream_is_broken = false;

  void run_work() {
    while (!work.empty()) {
      const auto next = std::move(work.front());
      work.pop_front();
      next();
    }
  }

  void print(StandardStream stream, std::string_view text) override {
    if (stream == StandardStream::kError && error_stream_is_broken) throw ExternalError("broken");
    while (!text.empty()) {
      constexpr std::string_view kClearToTheRight = "\x1b[K";
      if (text.starts_with(kClearToTheRight)) {
        lines.back().resize(column_);
        text.remove_prefix(kClearToTheRight.size());
        continue;
      }
      put(text.front());
      text.remove_prefix(1);
    }
  }

  void blocking(std::function<void()> job, std::function<void(std::exception_ptr)>) override {
    work.push_back(std::move(job));
  }

  MonotonicTime monotonic_now() override { return {}; }
  Timestamp wall_now() override { return {}; }
  void post(std::function<void()>) override {}
  std::unique_ptr<Timer> at(MonotonicTime, std::function<void()>) override { return nullptr; }
  std::unique_ptr<Loop> start_loop(Steppable&, std::string_view) override { return nullptr; }
  FileSystem& files() override { throw ExternalError("none"); }
  Network& network() override { throw ExternalError("none"); }
  std::uint64_t random() override { return 0; }
  void crash_point(std::string_view) override {}

 private:
  void put(char c) {
    if (c == '\r') {
      column_ = 0;
    } else if (c == '\n') {
      lines.emplace_back();
      column_ = 0;
    } else {
      std::string& line = lines.back();
      if (column_ == line.size()) line += ' ';
      line[column_++] = c;
    }
  }

  std::size_t column_ = 0;
};

using Lines = std::vector<std::string>;

TEST(ConsoleHost, ReplacesAStatusLineByAShorterOne) {
  FakeTerminal terminal;
  ConsoleHost console(terminal, ConsoleHost::Output::kSharesTerminal);
  console.show_status("10 records");
  terminal.run_work();
  EXPECT_EQ(terminal.lines, Lines({"10 records"}));
  console.show_status("none");
  terminal.run_work();
  EXPECT_EQ(terminal.lines, Lines({"none"}));
}

TEST(ConsoleHost, KeepsTheStatusLineBelowLogLinesAndOutput) {
  FakeTerminal terminal;
  ConsoleHost console(terminal, ConsoleHost::Output::kSharesTerminal);
  console.show_status("the long status line");
  terminal.run_work();
  console.print(StandardStream::kOut, "(a,1)\n(b,2)\n");
  EXPECT_EQ(terminal.lines, Lines({"(a,1)", "(b,2)", "the long status line"}));
  console.log("INFO x");
  terminal.run_work();
  EXPECT_EQ(terminal.lines, Lines({"(a,1)", "(b,2)", "INFO x", "the long status line"}));
}

TEST(ConsoleHost, ShowsNoStatusLineBehindAnUnfinishedLineOfOutput) {
  FakeTerminal terminal;
  ConsoleHost console(terminal, ConsoleHost::Output::kSharesTerminal);
  console.show_status("status");
  terminal.run_work();
  console.print(StandardStream::kOut, "(a,");
  console.print(StandardStream::kOut, "1)\n");
  EXPECT_EQ(terminal.lines, Lines({"(a,1)", "status"}));
}

TEST(ConsoleHost, WritesWhatWaitsBeforeLaterOutput) {
  FakeTerminal terminal;
  ConsoleHost console(terminal, ConsoleHost::Output::kSharesTerminal);
  console.log("first");
  console.log("second");
  EXPECT_EQ(terminal.work.size(), 1U);
  console.print(StandardStream::kOut, "third\n");
  terminal.run_work();
  EXPECT_EQ(terminal.lines, Lines({"first", "second", "third", ""}));
}

TEST(ConsoleHost, LeavesTheStatusLineAloneWhenOutputGoesElsewhere) {
  FakeTerminal terminal;
  ConsoleHost console(terminal, ConsoleHost::Output::kElsewhere);
  console.show_status("status");
  terminal.run_work();
  console.print(StandardStream::kOut, "|out");
  EXPECT_EQ(terminal.lines, Lines({"status|out"}));
}

TEST(ConsoleHost, TakesTheStatusLineAwayAndWritesTheRestWhenItCloses) {
  FakeTerminal terminal;
  ConsoleHost console(terminal, ConsoleHost::Output::kSharesTerminal);
  console.show_status("status");
  terminal.run_work();
  console.log("finished");
  console.close();
  EXPECT_EQ(terminal.lines, Lines({"finished", ""}));
  console.show_status("too late");
  terminal.run_work();
  EXPECT_EQ(terminal.lines, Lines({"finished", ""}));
}

TEST(ConsoleHost, GoesOnPrintingWhenStandardErrorCannotBeWritten) {
  FakeTerminal terminal;
  terminal.error_stream_is_broken = true;
  ConsoleHost console(terminal, ConsoleHost::Output::kSharesTerminal);
  console.log("lost");
  console.show_status("lost");
  terminal.run_work();
  console.print(StandardStream::kOut, "kept\n");
  EXPECT_EQ(terminal.lines, Lines({"kept", ""}));
}

}  // namespace
}  // namespace weir::detail
