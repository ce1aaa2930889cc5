#include "weir/cluster/messages.h"

#include <string>

#include <gtest/gtest.h>

#include "weir/core/error.h"

namespace weir::cluster {
namespace {

template <class T>
T there_and_back(const T& message) {
  return std::get<T>(decode_message(encode_message(message)));
}

const WorkerName kWorker{"0123456789abcdef0123456789abcdef", 7};

TEST(Messages, ArriveAsTheyWereSent) {
  Hello hello;
  hello.cluster = "c";
  hello.token = "t";
  hello.node = "n";
  hello.incarnation = ~0ULL;
  hello.slots = 4;
  hello.cores = 2;
  hello.physical_memory = 1ULL << 40;
  hello.process_id = 99;
  hello.host = "h";
  hello.log_file = "/l";
  hello.stdout_file = "/o";
  hello.running = {kWorker, {"other", 1}};
  const Hello got = there_and_back(hello);
  EXPECT_EQ(got.version, kProtocolVersion);
  EXPECT_EQ(std::tie(got.cluster, got.token, got.node, got.incarnation, got.slots, got.cores, got.physical_memory),
            std::tie(hello.cluster, hello.token, hello.node, hello.incarnation, hello.slots, hello.cores,
                     hello.physical_memory));
  EXPECT_EQ(std::tie(got.process_id, got.host, got.log_file, got.stdout_file, got.running),
            std::tie(hello.process_id, hello.host, hello.log_file, hello.stdout_file, hello.running));

  const StartWorker start{kWorker, "/p", {"--a", "\xff\xfe"}, "/d", {{"NAME", "value"}}, 3};
  const StartWorker started = there_and_back(start);
  EXPECT_EQ(
      std::tie(started.worker, started.program, started.arguments, started.directory, started.variables, started.slots),
      std::tie(start.worker, start.program, start.arguments, start.directory, start.variables, start.slots));

  const JobCommand command = there_and_back(JobCommand{kWorker, JobCommand::Kind::kStop, "trigger", "/s"});
  EXPECT_EQ(command.kind, JobCommand::Kind::kStop);
  EXPECT_EQ(command.trigger + command.directory, "trigger/s");

  const WorkerEnded ended = there_and_back(WorkerEnded{kWorker, "exited", "words", true});
  EXPECT_EQ(ended.worker, kWorker);
  EXPECT_EQ(ended.what + ended.last_words, "exitedwords");
  EXPECT_TRUE(ended.on_purpose);

  EXPECT_EQ(there_and_back(Welcome{1, "c", 5}).incarnation, 5U);
  EXPECT_EQ(there_and_back(Refused{"why"}).reason, "why");
  const auto heartbeat = there_and_back(Heartbeat{17, 3, 2});
  EXPECT_EQ(heartbeat.used_memory, 17U);
  EXPECT_EQ(heartbeat.number, 3U);
  EXPECT_EQ(heartbeat.answers, 2U);
  EXPECT_EQ(there_and_back(StopWorker{kWorker}).worker, kWorker);
  EXPECT_EQ(there_and_back(JobReport{kWorker, "s"}).status, "s");
  EXPECT_EQ(there_and_back(JobEnded{kWorker, "e"}).status, "e");
  EXPECT_EQ(there_and_back(CommandResult{kWorker, "t", "l", "f"}).failure, "f");
}

TEST(Messages, ThatAreNoneAreRefused) {
  EXPECT_THROW(decode_message(""), ExternalError);
  EXPECT_THROW(decode_message("\xff\xff\xff"), ExternalError);
  const std::string whole = encode_message(StopWorker{kWorker});
  EXPECT_THROW(decode_message(std::string_view(whole).substr(0, whole.size() - 3)), ExternalError);
}

TEST(Messages, HaveNames) {
  EXPECT_EQ(name_of(Hello{}), "Hello");
  EXPECT_EQ(name_of(WorkerEnded{}), "WorkerEnded");
}

}  // namespace
}  // namespace weir::cluster
