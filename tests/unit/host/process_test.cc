// What ends the process, or must not: tried in child processes.
#include <csignal>
#include <cstdlib>
#include <future>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/host/environment.h"
#include "weir/host/real_host.h"

#include "test_tools.h"

namespace weir::host {
namespace {

/// Until it is killed.
void wait_for_ever() {
  for (;;) ::pause();
}

/// A child that says '0' when it watches for signals and '1' with each that its handler gets.
Child watching_child(const Pipe& pipe, const std::function<void()>& in_handler) {
  return Child([&] {
    RealHost host;
    host.on_signal([&](int signal) {
      pipe.write_byte(static_cast<char>(signal));
      in_handler();
    });
    pipe.write_byte('0');
    wait_for_ever();
  });
}

TEST(Signals, ComeToTheHandlerOnceAndTheSecondEndsTheProcess) {
  const Pipe pipe;
  const Child child = watching_child(pipe, [] {});
  EXPECT_EQ(pipe.read_byte(), '0');
  ::kill(child.pid(), SIGTERM);
  EXPECT_EQ(pipe.read_byte(), SIGTERM);
  ::kill(child.pid(), SIGINT);
  const int status = child.wait();
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 128 + SIGINT);
}

TEST(Signals, EndTheProcessWhoseControlLoopIsStuck) {
  const Pipe pipe;
  const Child child = watching_child(pipe, wait_for_ever);
  EXPECT_EQ(pipe.read_byte(), '0');
  ::kill(child.pid(), SIGINT);
  EXPECT_EQ(pipe.read_byte(), SIGINT);
  ::kill(child.pid(), SIGTERM);
  const int status = child.wait();
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 128 + SIGTERM);
}

TEST(Signals, ThatABrokenPipeCausesKillNobody) {
  const Child child([] {
    RealHost host;
    Pipe pipe;
    pipe.close_reader();
    if (::write(pipe.writer(), "x", 1) != -1 || errno != EPIPE) ::_exit(1);
  });
  EXPECT_EQ(child.wait(), 0);
}

/// A child that passes the crash point `name` over and over, says '1' after each, and is armed with `variable`.
std::string passes_before_death(const char* variable, int times, std::string_view name = "sealed") {
  Pipe pipe;
  const Child child([&] {
    ::setenv("WEIR_CRASH_AT", variable, 1);
    RealHost host;
    for (int i = 0; i < times; ++i) {
      host.crash_point("staged");
      host.crash_point(name);
      pipe.write_byte('1');
    }
  });
  pipe.close_writer();
  std::string passed;
  while (const char byte = pipe.read_byte()) passed += byte;
  const int status = child.wait();
  if (WIFSIGNALED(status)) passed += WTERMSIG(status) == SIGKILL ? " killed" : " ended otherwise";
  return passed;
}

TEST(CrashPoint, KillsAtTheHitThatIsAskedFor) {
  EXPECT_EQ(passes_before_death("sealed:3", 9), "11 killed");
  EXPECT_EQ(passes_before_death("sealed:1", 9), " killed");
  EXPECT_EQ(passes_before_death("sealed", 9), " killed");
}

TEST(CrashPoint, MayHaveAColonInItsName) {
  EXPECT_EQ(passes_before_death("sink: sealed", 9, "sink: sealed"), " killed");
  EXPECT_EQ(passes_before_death("sink: sealed:2", 9, "sink: sealed"), "1 killed");
}

TEST(CrashPoint, StopsTheProcessUntilItIsContinued) {
  Pipe pipe;
  const Child child([&] {
    ::setenv("WEIR_STOP_AT", "sealed:2", 1);
    RealHost host;
    for (int i = 0; i < 3; ++i) {
      host.crash_point("sealed");
      pipe.write_byte('1');
    }
  });
  pipe.close_writer();
  int status = 0;
  ASSERT_EQ(::waitpid(child.pid(), &status, WUNTRACED), child.pid());
  EXPECT_TRUE(WIFSTOPPED(status));
  EXPECT_EQ(pipe.read_byte(), '1');
  ::kill(child.pid(), SIGCONT);
  EXPECT_EQ(pipe.read_byte(), '1');
  EXPECT_EQ(pipe.read_byte(), '1');
  EXPECT_EQ(child.wait(), 0);
}

TEST(CrashPoint, DoesNothingElsewhereOrUnarmed) {
  EXPECT_EQ(passes_before_death("seal:1", 3), "111");
  EXPECT_EQ(passes_before_death("sealed:4", 3), "111");
  EXPECT_EQ(passes_before_death("", 3), "111");
}

TEST(CrashPoint, RefusesWhatItDoesNotUnderstand) {
  for (const std::string name : {"WEIR_CRASH_AT", "WEIR_STOP_AT"}) {
    for (const char* value : {"sealed:", "sealed:0", "sealed:-1", "sealed:x", "sealed:3x", ":3"}) {
      const Child child([&] {
        ::setenv(name.c_str(), value, 1);
        try {
          const RealHost host;
        } catch (const UsageError& error) {
          if (std::string(error.what()).find(name + "=" + value) != std::string::npos) ::_exit(2);
        }
      });
      const int status = child.wait();
      ASSERT_TRUE(WIFEXITED(status));
      EXPECT_EQ(WEXITSTATUS(status), 2) << name << "=" << value;
    }
  }
}

TEST(ProcessName, TellsTheProcessesOfAMachineApart) {
  const std::string mine = process_name();
  EXPECT_TRUE(mine.ends_with(":" + std::to_string(::getpid()))) << mine;
  EXPECT_GT(mine.find(':'), 0U);
  const Child child([&] { ::_exit(process_name() == mine ? 1 : 3); });
  const int status = child.wait();
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 3);
}

}  // namespace
}  // namespace weir::host
