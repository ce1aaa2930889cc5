#include "weir/host/child_process.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/host/daemon.h"
#include "weir/host/real_host.h"

#include "test_tools.h"

namespace weir::host {
namespace {

using testing::HasSubstr;

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

ChildCommand shell(const std::string& script) {
  ChildCommand command;
  command.words = {"/bin/sh", "-c", script};
  return command;
}

/// A child, and the promise of its end. Goes before its host.
struct Started {
  Started(RealHost& host, const ChildCommand& command)
      : process(host.spawn(command, [end = end](ChildEnd how) { end->set_value(how); })) {}

  ChildEnd wait() { return await(end->get_future()); }

  std::shared_ptr<std::promise<ChildEnd>> end = std::make_shared<std::promise<ChildEnd>>();
  std::unique_ptr<ChildProcess> process;
};

/// All that comes out of a stream until its end.
std::string all_of(ByteStream& stream) {
  auto text = std::make_shared<std::string>();
  auto end = std::make_shared<std::promise<std::string>>();
  auto future = end->get_future();
  stream.start({[text](const std::string& bytes) { *text += bytes; },
                [text, end](const std::string&) { end->set_value(*text); }});
  return await(std::move(future));
}

TEST(ChildProcess, TellsHowItEnded) {
  RealHost host;
  EXPECT_EQ(to_string(Started(host, shell("exit 3")).wait()), "exited with status 3");
  EXPECT_EQ(to_string(Started(host, shell("kill -SEGV $$")).wait()), "was killed by signal 11 (Segmentation fault)");
}

TEST(ChildProcess, WritesWhereItIsToldAndWorksWhereItIsTold) {
  const TemporaryDirectory directory;
  RealHost host;
  for (int round = 0; round < 2; ++round) {
    ChildCommand command = shell("pwd; echo $NAME >&2");
    command.directory = directory.path();
    command.variables = {{"NAME", "value"}};
    command.out = {ChildOutput::To::kFile, directory / "out"};
    command.error = {ChildOutput::To::kFile, directory / "error"};
    EXPECT_EQ(Started(host, command).wait().status, 0);
  }
  EXPECT_EQ(text_of(directory / "out"), directory.path() + "\n" + directory.path() + "\n");
  EXPECT_EQ(text_of(directory / "error"), "value\nvalue\n");
}

TEST(ChildProcess, IsHeardWhenItsOutputIsCaptured) {
  RealHost host;
  ChildCommand command = shell("echo out; echo error >&2");
  command.out.to = ChildOutput::To::kCaptured;
  command.error.to = ChildOutput::To::kCaptured;
  Started child(host, command);
  EXPECT_EQ(all_of(*child.process->take_out()), "out\n");
  EXPECT_EQ(all_of(*child.process->take_error()), "error\n");
  child.wait();
}

TEST(ChildProcess, SpeaksOverItsLink) {
  RealHost host;
  ChildCommand command = shell("read line <&3; echo \"got $line\" >&3");
  command.link = true;
  Started child(host, command);
  const auto link = child.process->take_link();
  link->write("hello\n");
  EXPECT_EQ(all_of(*link), "got hello\n");
  EXPECT_EQ(child.wait().status, 0);
}

TEST(ChildProcess, HasDefaultSignalsAndAnEmptyInput) {
  RealHost host;  // which ignores SIGPIPE
  EXPECT_EQ(Started(host, shell("kill -PIPE $$")).wait().signal, SIGPIPE);
  EXPECT_EQ(Started(host, shell("cat")).wait().status, 0);
}

TEST(ChildProcess, DiesWithItsWholeGroup) {
  const TemporaryDirectory directory;
  RealHost host;
  ChildCommand command = shell("sleep 1000 & echo $! >&3; wait");
  command.link = true;
  Started child(host, command);
  const auto link = child.process->take_link();
  child.process->signal(SIGKILL);
  EXPECT_EQ(child.wait().signal, SIGKILL);
  // The grandchild had the link, too.
  all_of(*link);
}

TEST(ChildProcess, DiesWithItsObjectUnlessItIsLetGo) {
  RealHost host;
  Started killed(host, shell("sleep 1000"));
  killed.process.reset();
  EXPECT_EQ(killed.wait().signal, SIGKILL);
  ChildCommand command = shell("read line <&3");
  command.link = true;
  Started free(host, command);
  const auto link = free.process->take_link();
  free.process->let_go();
  free.process.reset();
  link->write("end\n");
  EXPECT_EQ(free.wait().signal, 0);
}

TEST(ChildProcess, ThatCannotBeStartedIsNamed) {
  const TemporaryDirectory directory;
  RealHost host;
  ChildCommand command;
  command.words = {directory / "missing"};
  EXPECT_THAT(error_of([&] { host.spawn(command, {}); }), HasSubstr("missing: No such file or directory"));
  std::ofstream(directory / "text") << "no program\n";
  command.words = {directory / "text"};
  EXPECT_THAT(error_of([&] { host.spawn(command, {}); }), HasSubstr("chmod +x"));
  make_executable(directory / "text");
  EXPECT_THAT(error_of([&] { host.spawn(command, {}); }), HasSubstr("text: Exec format error"));
}

TEST(EndProcess, TerminatesAndKillsWhatDoesNotHear) {
  RealHost host;
  Started gentle(host, shell("sleep 1000"));
  EXPECT_EQ(end_process(gentle.process->pid(), Duration{30'000}), EndOfProcess::kEnded);
  ChildCommand command = shell("trap '' TERM; echo ready >&3; while :; do sleep 1000; done");
  command.link = true;
  Started deaf(host, command);
  const auto link = deaf.process->take_link();
  std::promise<void> ready;
  link->start({[&, once = false](const std::string&) mutable {
                 if (!std::exchange(once, true)) ready.set_value();
               },
               [](const std::string&) {}});
  ready.get_future().get();
  EXPECT_EQ(end_process(deaf.process->pid(), Duration{50}), EndOfProcess::kKilled);
  EXPECT_EQ(end_process(999'999'999, Duration{50}), EndOfProcess::kGone);
}

TEST(PrivateFile, IsForItsOwnerAlone) {
  const TemporaryDirectory directory;
  write_private_file(directory / "token", "secret");
  EXPECT_EQ(text_of(directory / "token"), "secret");
  EXPECT_EQ(std::filesystem::status(directory / "token").permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  EXPECT_THAT(error_of([&] { write_private_file(directory / "token", "other"); }), HasSubstr("token: File exists"));
}

TEST(IsLocked, TellsWhetherSomebodyHoldsTheLock) {
  const TemporaryDirectory directory;
  RealHost host;
  EXPECT_FALSE(is_locked(directory / "lock"));
  {
    const auto lock = host.files().try_lock(directory / "lock", "holder");
    EXPECT_TRUE(is_locked(directory / "lock"));
  }
  EXPECT_FALSE(is_locked(directory / "lock"));
}

}  // namespace
}  // namespace weir::host
