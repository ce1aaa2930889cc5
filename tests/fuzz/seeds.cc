// Writes what the fuzz targets begin with, a folder for each: fuzz_seeds FOLDER.

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "weir/checkpoint/log_entry.h"
#include "weir/checkpoint/manifest.h"
#include "weir/cluster/exchange_link.h"
#include "weir/cluster/job_talk.h"
#include "weir/cluster/messages.h"
#include "weir/core/batch.h"
#include "weir/core/batch_codec.h"
#include "weir/core/codec.h"
#include "weir/core/frames.h"
#include "weir/core/schema_of.h"
#include "weir/runtime/job_status.h"
#include "weir/runtime/share_report.h"

#include "checkpoint/example_manifest.h"
#include "exchange_hello.h"

namespace {

using Seeds = std::map<std::string, std::string>;

/// A connection, and that reads bring 256 bytes.
constexpr std::string_view kExchange("\0\xff", 2);
constexpr std::string_view kHello("\1\xff", 2);
constexpr std::string_view kControl("\2\xff", 2);

std::string frame_of(std::string_view what, const std::vector<std::uint8_t>& bytes) {
  return std::string(what) + weir::to_frame(std::string(bytes.begin(), bytes.end()));
}

void add_control(Seeds& seeds) {
  using namespace weir::cluster;
  const WorkerName worker{"0123456789abcdef0123456789abcdef", 3};
  Hello hello;
  hello.cluster = "c";
  hello.token = "t";
  hello.node = "n";
  hello.running = {worker};
  weir::runtime::JobStatus status;
  status.name = "words";
  status.changes = {{weir::runtime::JobState::kCreated, 1000}};
  status.vertices.resize(1);
  status.vertices[0].subtasks.resize(2);
  const std::string encoded = encode_status(status);
  const std::string manifest = encode_manifest(weir::checkpoint::example_manifest());
  weir::TaskSnapshot snapshot;
  snapshot.operators = weir::checkpoint::example_manifest().operators;
  weir::runtime::ShareReport report;
  report.subtasks.resize(1);
  std::vector<Message> messages{hello,
                                Welcome{1, "c", 5},
                                Refused{"why"},
                                Heartbeat{17, 3, 2},
                                StartWorker{worker, "/p", {"--a"}, "/d", {{"NAME", "value"}}, 3},
                                StopWorker{worker},
                                JobCommand{worker, JobCommand::Kind::kStop, "trigger", "/s"},
                                CommandResult{worker, "trigger", "/s", ""},
                                JobReport{worker, encoded},
                                JobEnded{worker, encoded},
                                WorkerEnded{worker, "exited", "words", true},
                                WorkerReady{worker, "localhost", 4000},
                                JoinJob{worker, "secret", 1, "localhost", 4001, "unix:name"}};
  const std::vector<JobTalk> talks{BeginTasks{1, true, {}, {}, manifest, {{"localhost", 1}}},
                                   EndTasks{1},
                                   AssignSplit{1, {}, {}, "split", "position"},
                                   NoMoreSplits{1},
                                   TriggerBarrier{1, weir::CheckpointId(3), manifest},
                                   CheckpointCompleted{1, weir::CheckpointId(3)},
                                   TaskAcknowledged{1, weir::CheckpointId(3), {}, {}, encode_snapshot(snapshot, 16)},
                                   TaskDeclined{1, weir::CheckpointId(3), {}, {}, "why"},
                                   SubtaskEnded{1, {{{}, weir::CheckpointId(3), {}, "handle"}}},
                                   SourceExhausted{1},
                                   TasksFailed{1, "where", "what", true, {{"file", "damage"}}},
                                   ExchangeLost{1, "why"},
                                   TasksCounted{1, encode_report(report)},
                                   JobOver{1}};
  for (const JobTalk& talk : talks) messages.emplace_back(JobTalkBytes{encode_talk(talk)});
  std::string all("\2\6", 2);
  for (const Message& message : messages) {
    const std::string frame = weir::to_frame(encode_message(message));
    const auto* talk = std::get_if<JobTalkBytes>(&message);
    const std::string number = talk == nullptr ? "" : std::to_string(decode_talk(talk->bytes).index());
    seeds[std::string(name_of(message)) + number] = std::string(kControl) + frame;
    all += frame;
  }
  seeds["all_in_pieces"] = all;
}

void add_exchange(Seeds& seeds) {
  weir::Batch<std::string> texts(2);
  texts.push("a", weir::timestamp_ms(5), 1);
  texts.push("bc", weir::timestamp_ms(6), 2);
  // An element of channel 0 that is a batch of lane 1, and one of lane 0 with one record of many fields.
  std::string batch("\1\0\0\1", 4);
  weir::batch_codec<std::string>().encode(texts, weir::WithHashes::kNo, batch);
  const std::string keyed = std::string("\1\0\0\0\1", 5) + std::string(16, '\0') + std::string("\7\1a\1\1b\1\1c", 9) +
                            std::string(8, '\0') + std::string("\1\5\0", 3);
  std::string all(kExchange);
  const std::string sign = frame_of("", {1, 0, 3});
  for (const std::string& frame :
       {weir::to_frame(batch), weir::to_frame(keyed), frame_of("", {1, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8}),
        frame_of("", {1, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8}), sign, frame_of("", {2, 1, 3, 1, 200, 1})}) {
    seeds["exchange" + std::to_string(seeds.size())] = std::string(kExchange) + frame;
    all += frame;
  }
  seeds["exchange_all"] = all;
  seeds["exchange_too_much"] = std::string(kExchange) + sign + sign + sign + sign + sign + sign + sign;
  std::string hello;
  weir::encode_value(weir::cluster::ExchangeHello{"job", 7, std::string(weir::cluster::GreetedDoor::kSecret), 1, 1},
                     hello);
  seeds["hello"] = std::string(kHello) + weir::to_frame(hello) + "what follows";
}

Seeds frames() {
  Seeds seeds;
  add_control(seeds);
  add_exchange(seeds);
  return seeds;
}

/// Packets of any size, and one request. `token`: as one who may change things.
std::string request(std::string_view line, bool token = false, std::string_view body = "",
                    std::string_view fields = "") {
  std::string bytes =
      std::string(1, '\0') + std::string(line) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields);
  if (token) bytes += "Authorization: Bearer fuzz-token-fuzz-token\r\n";
  if (!body.empty()) bytes += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return bytes + "\r\n" + std::string(body);
}

Seeds rest_requests() {
  const std::string job = "/jobs/0123456789abcdef0123456789abcdef";
  const std::string vertex = job + "/vertices/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
  const std::string program =
      "--b\r\nContent-Disposition: form-data; name=\"jarfile\"; filename=\"job\"\r\n\r\nELF\r\n--b--\r\n";
  const std::string form = "Content-Type: multipart/form-data; boundary=b\r\n";
  Seeds seeds{
      {"jobs", request("GET /jobs")},
      {"job", request("GET " + job)},
      {"metrics", request("GET " + job + "/metrics?get=numRestarts,uptime")},
      {"checkpoints", request("GET " + job + "/checkpoints/details/1")},
      {"exceptions", request("GET " + job + "/exceptions?maxExceptions=3")},
      {"vertex", request("GET " + vertex + "/subtasks/1/metrics?get=numRecordsIn")},
      {"subtasks", request("GET " + vertex + "/subtasks/metrics?get=numRecordsIn&subtasks=0-1&agg=max")},
      {"task_managers", request("GET /taskmanagers/worker:17/logs/a.log")},
      {"prometheus", request("GET /metrics")},
      {"page", request("GET /index.html", false, "", "If-None-Match: \"x\"\r\n")},
      {"page_range", request("GET /index.html", false, "", "Range: bytes=1-2\r\n")},
      {"climb", request("GET /%2e%2e/a")},
      {"head", request("HEAD /overview")},
      {"cancel", request("PATCH " + job + "?mode=cancel", true)},
      {"cancel_untold", request("PATCH " + job + "?mode=cancel")},
      {"stop", request("POST " + job + "/stop", true, R"({"targetDirectory":"/s","drain":false})")},
      {"savepoint", request("POST " + job + "/savepoints", true, R"({"target-directory":"/s","cancel-job":true})")},
      {"trigger", request("GET " + job + "/savepoints/feed")},
      {"run", request("POST /jars/cafe_a/run", true, R"({"programArgsList":["--a"],"parallelism":2})")},
      {"delete", request("DELETE /jars/cafe_a", true)},
      {"upload", request("POST /jars/upload", true, program, form)},
      {"upload_untold", request("POST /jars/upload", false, program, form)},
      {"expect", request("POST /jars/upload", true, program, form + "Expect: 100-continue\r\n")},
      {"chunked",
       request("POST " + job + "/stop", true, "", "Transfer-Encoding: chunked\r\n") + "2\r\n{}\r\n0\r\n\r\n"},
      {"origin", request("GET /jobs", false, "", "Origin: http://evil.example\r\n")},
      {"long_length", request("POST " + job + "/stop", true, "", "Content-Length: 99999999999999999999\r\n")},
      {"old", std::string("\0GET /jobs HTTP/1.0\r\n\r\n", 23)}};
  seeds["pieces"] = '\3' + seeds["stop"].substr(1);
  seeds["pipeline"] = seeds["jobs"] + seeds["head"].substr(1) + seeds["cancel"].substr(1);
  return seeds;
}

/// With the first byte that says so: the body alone, and the whole file.
void add_file(Seeds& seeds, const std::string& name, char kind, const std::string& file) {
  constexpr std::size_t kHead = 20;
  constexpr std::size_t kSum = 16;
  seeds[name] = kind + file.substr(kHead, file.size() - kHead - kSum);
  seeds[name + "_file"] = static_cast<char>(kind + 2) + file;
}

Seeds checkpoint_files() {
  using namespace weir::checkpoint;
  Seeds seeds;
  LogEntry entry{5, {1, 2}, WriterId(7), Born{"job"}};
  add_file(seeds, "born", 0, encode_log_entry(entry));
  entry.what = Takeover{"host:17", CheckpointName{weir::GenerationId(3), weir::CheckpointId(17)}};
  add_file(seeds, "takeover", 0, encode_log_entry(entry));
  entry.what = Completed{{weir::GenerationId(3), weir::CheckpointId(17)}, "manifests/3.17", 99, {3, 4}};
  add_file(seeds, "completed", 0, encode_log_entry(entry));
  entry.what = Finished{};
  add_file(seeds, "finished", 0, encode_log_entry(entry));
  add_file(seeds, "manifest", 1, encode_manifest(example_manifest()));
  return seeds;
}

Seeds encoded_values() {
  Seeds seeds;
  std::string bytes(1, '\1');
  weir::encode_value(std::vector<std::string>{"a", "bc"}, bytes);
  seeds["texts"] = bytes;
  seeds["schema"] = '\3' + weir::schema_of<std::map<std::string, std::vector<std::pair<int, double>>>>().encode();
  seeds["outer"] = std::string(64, '\0');
  return seeds;
}

bool write(const std::filesystem::path& folder, const Seeds& seeds) {
  std::filesystem::create_directories(folder);
  for (const auto& [name, bytes] : seeds)
    if (!std::ofstream(folder / name, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size())))
      return false;
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: fuzz_seeds FOLDER\n";
    return EXIT_FAILURE;
  }
  const std::filesystem::path root(argv[1]);
  const bool written = write(root / "frames", frames()) && write(root / "rest_requests", rest_requests()) &&
                       write(root / "checkpoint_files", checkpoint_files()) &&
                       write(root / "encoded_values", encoded_values());
  return written ? EXIT_SUCCESS : EXIT_FAILURE;
}
