#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rest_world.h"

namespace weir::cluster {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

using RestReading = RestWorld;

const std::string kVertex = "/vertices/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

TEST_F(RestReading, ShowsAJobWithItsGraph) {
  const std::string body = get(job_path("")).body;
  EXPECT_THAT(body, StartsWith(R"({"jid":"0123456789abcdef0123456789abcdef","name":"words","isStoppable":false,)"
                               R"("state":"RUNNING","job-type":"STREAMING","start-time":1000,"end-time":-1,)"
                               R"("duration":2000,"maxParallelism":128,"now":3000,)"));
  EXPECT_THAT(body, HasSubstr(R"("timestamps":{"CREATED":1000,"RUNNING":1005,)"));
  EXPECT_THAT(body, HasSubstr(R"("read-records":30,)"));
  EXPECT_THAT(body, HasSubstr(R"("accumulated-busy-time":500)"));
  EXPECT_THAT(body, HasSubstr(R"("inputs":[{"num":0,"id":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","ship_strategy":"HASH",)"
                              R"("exchange":"pipelined_bounded"}])"));
  EXPECT_THAT(get(job_path("/plan")).body, StartsWith(R"({"plan":{"jid":)"));
}

TEST_F(RestReading, ShowsWhatAJobWasStartedWith) {
  EXPECT_THAT(get(job_path("/config")).body, HasSubstr(R"("user-config":{"weir.parallelism":"2","port":"9999"})"));
}

TEST_F(RestReading, ShowsExceptionsTheNewestFirst) {
  EXPECT_THAT(get(job_path("/exceptions")).body, StartsWith(R"({"root-exception":null,"timestamp":null)"));
  view.status().exceptions = {{1, "", "first"}, {2, "counts (1/2)", "second\nline"}, {3, "", "third"}};
  const std::string body = get(job_path("/exceptions?maxExceptions=2")).body;
  EXPECT_THAT(body, StartsWith(R"({"root-exception":"third","timestamp":3,)"));
  EXPECT_THAT(body, AllOf(HasSubstr(R"({"exceptionName":"second","stacktrace":"second\nline","timestamp":2,)"),
                          HasSubstr("\"taskName\":\"counts (1/2)\""), HasSubstr(R"("truncated":true)"),
                          Not(HasSubstr("first"))));
  EXPECT_EQ(get(job_path("/exceptions?maxExceptions=-1")).status, 400);
}

TEST_F(RestReading, ShowsBytesThatAreNoTextAsReplacement) {
  view.status().exceptions = {{1, "", "bad \xff\xc0\x80 \xed\xa0\x80 \xe2\x82\xac \"\\\x01"}};
  EXPECT_THAT(get(job_path("/exceptions")).body,
              StartsWith("{\"root-exception\":\"bad \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd "
                         "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd \xe2\x82\xac \\\"\\\\\\u0001\""));
}

TEST_F(RestReading, AddsUpWhatKeyedStateTakesInTheSubtasks) {
  EXPECT_EQ(get(job_path("/state")).body, R"({"operators":[]})");
  const runtime::OperatorMemory counts{"counts", 1'000, 900, 2, 30, 4, {{"slices", 800, 70, 600}}};
  view.status().vertices[1].subtasks[0].memory = {counts};
  view.status().vertices[1].subtasks[1].memory = {counts};
  EXPECT_EQ(get(job_path("/state")).body,
            R"({"operators":[{"name":"counts","subtasks":2,"share":2000,"bytes":1800,"evictions":4,)"
            R"("rows-read-ahead":60,"rows-read-at-once":8,)"
            R"("states":[{"name":"slices","bytes":1600,"entries":140,"entries-on-disk":1200}]}]})");
  EXPECT_THAT(get(job_path(kVertex + "/subtasks/0/metrics?get=stateEntriesOnDisk,stateMemoryShare")).body,
              HasSubstr(R"({"id":"stateEntriesOnDisk","value":"600"})"));
}

// ---- Checkpoints.

class RestCheckpoints : public RestWorld {
 protected:
  RestCheckpoints() {
    runtime::CheckpointsStatus checkpoints;
    checkpoints.directory = "/chk";
    checkpoints.interval_ms = 10'000;
    checkpoints.completed = 2;
    checkpoints.failed = 1;
    checkpoints.history = {checkpoint(1, runtime::CheckpointState::kCompleted, 100),
                           checkpoint(2, runtime::CheckpointState::kFailed, 0),
                           checkpoint(3, runtime::CheckpointState::kCompleted, 300),
                           checkpoint(4, runtime::CheckpointState::kInProgress, 0)};
    checkpoints.history[1].failure_message = "disk full";
    checkpoints.history[2].tasks = {{1, 2, 2, 2040, 290, 3'000'000}};
    view.status().checkpoints = checkpoints;
  }

  static runtime::CheckpointStatus checkpoint(std::uint64_t id, runtime::CheckpointState state, std::uint64_t bytes) {
    runtime::CheckpointStatus checkpoint;
    checkpoint.id = id;
    checkpoint.state = state;
    checkpoint.trigger_ms = 2000;
    checkpoint.latest_ack_ms = 2040;
    checkpoint.ended_ms = state == runtime::CheckpointState::kInProgress ? -1 : 2050;
    checkpoint.state_bytes = bytes;
    checkpoint.new_bytes = bytes / 10;
    checkpoint.external_path = "/chk/" + std::to_string(id);
    return checkpoint;
  }
};

TEST_F(RestCheckpoints, AreCountedSummedUpAndListedTheNewestFirst) {
  const std::string body = get(job_path("/checkpoints")).body;
  EXPECT_THAT(body, StartsWith(R"({"counts":{"restored":0,"total":4,"in_progress":1,"completed":2,"failed":1},)"));
  EXPECT_THAT(body, HasSubstr(R"("state_size":{"min":100,"max":300,"avg":200,"p50":100.0,"p90":300.0,)"));
  EXPECT_THAT(body, HasSubstr(R"("end_to_end_duration":{"min":50,"max":50,"avg":50,)"));
  EXPECT_THAT(body, HasSubstr(R"("latest":{"completed":{"className":"completed","id":3,)"));
  EXPECT_THAT(body, HasSubstr(R"("savepoint":null)"));
  EXPECT_THAT(body, HasSubstr(R"("failure_message":"disk full")"));
  EXPECT_THAT(body, HasSubstr(R"("history":[{"className":"in_progress","id":4,)"));
}

TEST_F(RestCheckpoints, TellWhatEachTaskHadToDo) {
  const std::string body = get(job_path("/checkpoints/details/3")).body;
  EXPECT_THAT(body, HasSubstr(R"("tasks":{"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb":{"id":3,"status":"COMPLETED",)"
                              R"("latest_ack_timestamp":2040,"checkpointed_size":290,)"));
  EXPECT_EQ(get(job_path("/checkpoints/details/9")).status, 404);
}

TEST_F(RestCheckpoints, TellHowTheyAreTaken) {
  EXPECT_THAT(get(job_path("/checkpoints/config")).body,
              StartsWith(R"({"mode":"exactly_once","interval":10000,"timeout":0,"min_pause":0,"max_concurrent":1,)"
                         R"("externalization":{"enabled":true,"delete_on_cancellation":false},)"));
}

TEST_F(RestCheckpoints, AreNotThereForAJobThatTakesNone) {
  view.status().checkpoints.reset();
  EXPECT_EQ(get(job_path("/checkpoints")).body, R"({"errors":["Checkpointing has not been enabled."]})");
  EXPECT_EQ(get(job_path("/checkpoints/config")).status, 404);
}

TEST_F(RestCheckpoints, AreMetricsOfTheirJob) {
  EXPECT_EQ(get(job_path("/metrics?get=lastCheckpointDuration,lastCheckpointExternalPath,nothing,numRestarts")).body,
            R"([{"id":"lastCheckpointDuration","value":"50"},{"id":"lastCheckpointExternalPath","value":"/chk/3"},)"
            R"({"id":"numRestarts","value":"0"}])");
}

// ---- Vertices and metrics.

TEST_F(RestReading, ShowsTheSubtasksOfAVertex) {
  const std::string body = get(job_path(kVertex)).body;
  EXPECT_THAT(body, StartsWith(R"({"id":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","name":"counts","parallelism":2,)"));
  EXPECT_THAT(body, HasSubstr(R"("subtasks":[{"subtask":0,"status":"RUNNING","attempt":0,"endpoint":"worker:17",)"));
  EXPECT_THAT(get(job_path(kVertex + "/subtasks/1")).body, StartsWith(R"({"subtask":1,)"));
  EXPECT_EQ(get(job_path(kVertex + "/subtasks/2")).status, 404);
  EXPECT_EQ(get(job_path("/vertices/cccccccccccccccccccccccccccccccc")).status, 404);
  EXPECT_THAT(get(job_path(kVertex + "/taskmanagers")).body, HasSubstr(R"("taskmanager-id":"worker:17")"));
}

TEST_F(RestReading, ShowsWatermarksAndThatThereIsNone) {
  view.status().vertices[1].subtasks[1].watermark_ms = 77;
  EXPECT_EQ(get(job_path(kVertex + "/watermarks")).body,
            R"([{"id":"0.currentInputWatermark","value":"-9223372036854775808"},)"
            R"({"id":"1.currentInputWatermark","value":"77"}])");
}

TEST_F(RestReading, ListsMetricsOrTheValuesThatAreAskedFor) {
  EXPECT_THAT(get(job_path(kVertex + "/metrics")).body, StartsWith(R"([{"id":"0.numRecordsIn"},)"));
  EXPECT_EQ(get(job_path(kVertex + "/metrics?get=1.numRecordsIn&get=0.numRecordsOut")).body,
            R"([{"id":"1.numRecordsIn","value":"20"},{"id":"0.numRecordsOut","value":"7"}])");
  EXPECT_EQ(get(job_path(kVertex + "/subtasks/0/metrics?get=numRecordsIn")).body,
            R"([{"id":"numRecordsIn","value":"10"}])");
  EXPECT_EQ(get(job_path(kVertex + "/metrics?get=")).body, "[]");
}

TEST_F(RestReading, AggregatesMetricsOverSubtasks) {
  EXPECT_EQ(get(job_path(kVertex + "/subtasks/metrics?get=numRecordsIn")).body,
            R"([{"id":"numRecordsIn","min":10.0,"max":20.0,"avg":15.0,"sum":30.0}])");
  EXPECT_EQ(get(job_path(kVertex + "/subtasks/metrics?get=numRecordsIn&agg=max&subtasks=0,7-9")).body,
            R"([{"id":"numRecordsIn","max":10.0}])");
  EXPECT_EQ(get(job_path(kVertex + "/subtasks/metrics?get=numRecordsIn&agg=median")).status, 400);
  EXPECT_EQ(get(job_path(kVertex + "/subtasks/metrics?subtasks=x")).status, 400);
  EXPECT_EQ(get(job_path(kVertex + "/subtasks/metrics?subtasks=0-999999999")).status, 200);
}

TEST_F(RestReading, MakesRatesOfTheLastSeconds) {
  // 0.25 of 2 s busy since the job began, as long as nothing is known of the time between.
  EXPECT_EQ(get(job_path(kVertex + "/subtasks/0/metrics?get=busyTimeMsPerSecond")).body,
            R"([{"id":"busyTimeMsPerSecond","value":"125"}])");
  world.run_for(std::chrono::seconds(3));
  view.replace_status([](runtime::JobStatus& status) {
    status.now_ms += 4000;
    runtime::SubtaskStatus& subtask = status.vertices[1].subtasks[0];
    subtask.records_in += 400;
    subtask.busy_ns += 1'000'000'000;
    subtask.back_pressured_ns += 3'000'000'000;
  });
  EXPECT_EQ(get(job_path(kVertex + "/subtasks/0/metrics?get=numRecordsInPerSecond,busyTimeMsPerSecond")).body,
            R"([{"id":"numRecordsInPerSecond","value":"100"},{"id":"busyTimeMsPerSecond","value":"250"}])");
  EXPECT_THAT(get(job_path(kVertex + "/backpressure")).body,
              AllOf(StartsWith(R"({"status":"ok","backpressureLevel":"high",)"),
                    HasSubstr(R"("ratio":0.75,"idleRatio":0.0,"busyRatio":0.25})"),
                    HasSubstr(R"({"subtask":1,"attempt-number":0,"backpressureLevel":"ok",)")));
}

TEST_F(RestReading, TellsPrometheusAllMetricsByFlinksNames) {
  view.status().name = "a \"b\" \\ \n c";
  const RestReply reply = get("/metrics");
  EXPECT_EQ(reply.field("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_THAT(reply.body, HasSubstr("# TYPE flink_jobmanager_job_numRestarts gauge\n"
                                    "flink_jobmanager_job_numRestarts{job_id=\"0123456789abcdef0123456789abcdef\","
                                    "job_name=\"a \\\"b\\\" \\\\ \\n c\"} 0\n"));
  EXPECT_THAT(reply.body, HasSubstr("task_name=\"counts\",subtask_index=\"1\",task_attempt_num=\"0\","
                                    "tm_id=\"worker:17\"} 20\n"));
  EXPECT_THAT(reply.body, HasSubstr("flink_taskmanager_Status_Process_Memory_Used{tm_id=\"worker:17\"} 100\n"));
}

// ---- TaskManagers and logs.

TEST_F(RestReading, ShowsTaskManagers) {
  EXPECT_THAT(get("/taskmanagers").body,
              StartsWith(R"({"taskmanagers":[{"id":"worker:17","path":"localhost:6123","dataPort":0,"jmxPort":-1,)"
                         R"("timeSinceLastHeartbeat":2900,"slotsNumber":4,"freeSlots":2,)"));
  EXPECT_THAT(get("/taskmanagers/worker:17").body, HasSubstr(R"("allocatedSlots":[{"jobId":)"));
  EXPECT_EQ(get("/taskmanagers/worker%3A17/metrics?get=Status.Process.Memory.Used").body,
            R"([{"id":"Status.Process.Memory.Used","value":"100"}])");
  EXPECT_EQ(get("/taskmanagers/other").status, 404);
  EXPECT_EQ(get("/jobmanager/metrics?get=numRunningJobs").body, R"([{"id":"numRunningJobs","value":"1"}])");
  EXPECT_EQ(get("/jobmanager/config").body, R"([{"key":"weir.workers","value":"2"}])");
}

class RestLogs : public RestWorld {
 protected:
  RestLogs() {
    for (int i = 0; i < 40'000; ++i) text += "line " + std::to_string(i) + "\n";
    write_file("/log/tm.log", text);
    write_file("/log/tm.out", "out");
    write_file("/log/secret", "secret");
    view.managers[0].log_file = "/log/tm.log";
    view.managers[0].stdout_file = "/log/tm.out";
  }
  std::string text;
};

TEST_F(RestLogs, AreSentWhole) {
  const RestReply reply = get("/taskmanagers/worker:17/log");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.field("Content-Type"), "text/plain; charset=UTF-8");
  EXPECT_TRUE(reply.body == text);
  EXPECT_EQ(get("/taskmanagers/worker:17/stdout").body, "out");
  EXPECT_EQ(request("HEAD /taskmanagers/worker:17/log").field("Content-Length"), std::to_string(text.size()));
}

TEST_F(RestLogs, AreSentInPart) {
  const std::string line = "GET /taskmanagers/worker:17/stdout";
  const RestReply part = request(line, "Range: bytes=1-1\r\n");
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, "u");
  EXPECT_EQ(part.field("Content-Range"), "bytes 1-1/3");
  EXPECT_EQ(request(line, "Range: bytes=-2\r\n").body, "ut");
  EXPECT_EQ(request(line, "Range: bytes=-9\r\n").body, "out");
  EXPECT_EQ(request(line, "Range: bytes=1-\r\n").body, "ut");
  EXPECT_EQ(request(line, "Range: bytes=1-999999999999999999999\r\n").body, "out");
  EXPECT_EQ(request(line, "Range: bytes=0-0,2-2\r\n").body, "out");
  EXPECT_EQ(request(line, "Range: bytes=3-\r\n").status, 416);
}

TEST_F(RestLogs, AreListedAndFoundByTheirNamesAlone) {
  EXPECT_EQ(get("/taskmanagers/worker:17/logs").body,
            R"({"logs":[{"name":"tm.log","size":)" + std::to_string(text.size()) + R"(},{"name":"tm.out","size":3}]})");
  EXPECT_EQ(get("/taskmanagers/worker:17/logs/tm.out").body, "out");
  for (const char* name : {"secret", "..%2flog%2fsecret", "%2flog%2fsecret", "..", "tm.log%00", "../secret"})
    EXPECT_NE(get("/taskmanagers/worker:17/logs/" + std::string(name)).status, 200) << name;
}

TEST_F(RestLogs, AreNotThereWhereNoneIsWritten) {
  EXPECT_EQ(get("/jobmanager/log").status, 404);
  EXPECT_EQ(get("/jobmanager/logs").body, R"({"logs":[]})");
  view.managers[0].log_file = "/log/gone";
  EXPECT_EQ(get("/taskmanagers/worker:17/log").status, 404);
}

TEST_F(RestLogs, TakeLittleMemoryForAClientThatDoesNotRead) {
  auto client = this->client();
  client.pause();
  client.send("GET /taskmanagers/worker:17/log HTTP/1.1\r\nHost: localhost\r\n\r\n");
  world.run_for(std::chrono::seconds(5));
  client.resume();
  EXPECT_TRUE(client.reply().body == text);
}

TEST_F(RestLogs, AreGivenUpForAClientThatReadsNothing) {
  auto client = this->client();
  client.pause();
  client.send("GET /taskmanagers/worker:17/log HTTP/1.1\r\nHost: localhost\r\n\r\n");
  world.run_for(std::chrono::minutes(2));
  EXPECT_EQ(server->connections(), 0U);
}

// ---- The page.

class RestPage : public RestWorld {
 protected:
  RestPage() {
    write_file("/web/index.html", "<p>page</p>");
    write_file("/web/assets/app-1234.js", "let x;");
    write_file("/web/.secret", "secret");
    write_file("/outside", "outside");
  }
};

TEST_F(RestPage, IsServedWithTagsThatSaveSendingItAgain) {
  const RestReply page = get("/");
  EXPECT_EQ(page.body, "<p>page</p>");
  EXPECT_EQ(page.field("Content-Type"), "text/html; charset=UTF-8");
  EXPECT_EQ(page.field("Cache-Control"), "no-cache");
  EXPECT_THAT(page.field("Content-Security-Policy"), StartsWith("default-src 'self';"));
  EXPECT_EQ(page.field("X-Content-Type-Options"), "nosniff");
  const RestReply again = request("GET /", "If-None-Match: " + page.field("ETag") + "\r\n");
  EXPECT_EQ(again.status, 304);
  EXPECT_EQ(again.field("Content-Length"), "");
  EXPECT_EQ(request("GET /", "If-None-Match: \"other\"\r\n").status, 200);
  EXPECT_EQ(get("/assets/app-1234.js").field("Cache-Control"), "public, max-age=31536000, immutable");
}

TEST_F(RestPage, LeavesNoWayOutOfItsDirectory) {
  for (const char* path :
       {"/../outside", "/%2e%2e/outside", "/..%2foutside", "/assets/../../outside", "/.secret", "//outside", "/assets",
        "/assets/", "/index.html/x", "/web/index.html", "/%00", "/index.html%00"})
    EXPECT_NE(get(path).status, 200) << path;
  EXPECT_EQ(get("/index.html?x=1#y").status, 200);
}

TEST_F(RestPage, IsAPlainOneWhereItIsNotInstalled) {
  options.web_directory = "/nowhere";
  restart();
  EXPECT_THAT(get("/").body, HasSubstr("not installed"));
  EXPECT_EQ(get("/assets/app-1234.js").status, 404);
}

}  // namespace
}  // namespace weir::cluster
