#include <string>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "weir/host/closed_output.h"
#include "weir/host/environment.h"
#include "weir/host/real_host.h"
#include "weir/host/terminal.h"

#include "test_tools.h"

namespace weir::host {
namespace {

/// Sends the standard output elsewhere for as long as it lives.
class Redirected {
 public:
  explicit Redirected(int to) : kept_(::dup(STDOUT_FILENO)) { ::dup2(to, STDOUT_FILENO); }
  ~Redirected() {
    ::dup2(kept_, STDOUT_FILENO);
    ::close(kept_);
  }
  Redirected(const Redirected&) = delete;
  Redirected& operator=(const Redirected&) = delete;

 private:
  int kept_;
};

std::string read_to_the_end(const Pipe& pipe) {
  std::string text;
  while (const char byte = pipe.read_byte()) text += byte;
  return text;
}

TEST(Print, WritesAllOfALongTextThroughASmallPipeThatDoesNotBlock) {
  RealHost host;
  Pipe pipe;
  ASSERT_EQ(::fcntl(pipe.writer(), F_SETFL, O_NONBLOCK), 0);
  std::string got;
  std::thread reader([&] { got = read_to_the_end(pipe); });
  const std::string text(200'000, 'x');
  {
    const Redirected redirected(pipe.writer());
    host.print(StandardStream::kOut, text);
  }
  pipe.close_writer();
  reader.join();
  EXPECT_EQ(got, text);
}

TEST(Print, NamesTheStreamWhoseReaderHasEnded) {
  RealHost host;
  Pipe pipe;
  pipe.close_reader();
  std::string said;
  {
    const Redirected redirected(pipe.writer());
    said = error_of([&] { host.print(StandardStream::kOut, "text"); });
    EXPECT_THROW(host.print(StandardStream::kOut, "text"), ClosedOutput);
  }
  EXPECT_EQ(said, "cannot write to the standard output: Broken pipe (its reader has ended)");
}

TEST(Terminal, IsNoneBehindAPipe) {
  Pipe pipe;
  const Redirected redirected(pipe.writer());
  EXPECT_FALSE(is_terminal(StandardStream::kOut));
  EXPECT_EQ(terminal_width(), std::nullopt);
}

TEST(EnvironmentVariables, AreThoseOfWeir) {
  ASSERT_EQ(::setenv("WEIR_TEST_VARIABLE", "a=b", 1), 0);
  ASSERT_EQ(::setenv("OTHER_TEST_VARIABLE", "c", 1), 0);
  const auto variables = environment_variables();
  ASSERT_TRUE(variables.contains("WEIR_TEST_VARIABLE"));
  EXPECT_EQ(variables.at("WEIR_TEST_VARIABLE"), "a=b");
  EXPECT_FALSE(variables.contains("OTHER_TEST_VARIABLE"));
  ::unsetenv("WEIR_TEST_VARIABLE");
  ::unsetenv("OTHER_TEST_VARIABLE");
}

}  // namespace
}  // namespace weir::host
