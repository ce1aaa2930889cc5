#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/core/error.h"

#include "rest_world.h"

namespace weir::cluster {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

using RestChanges = RestWorld;

const std::string kId = FakeView::kJob;

struct Change {
  const char* line;
  const char* body;
};

/// Every route that changes something.
const std::vector<Change>& changes() {
  static const std::string job = "/jobs/" + kId;
  static const std::vector<std::string> lines{
      "PATCH " + job,      "POST " + job + "/stop",   "POST " + job + "/savepoints", "POST " + job + "/checkpoints",
      "POST /jars/upload", "POST /jars/cafe_job/run", "DELETE /jars/cafe_job"};
  static const std::vector<Change> all{{lines[0].c_str(), ""},
                                       {lines[1].c_str(), R"({"targetDirectory":"/save"})"},
                                       {lines[2].c_str(), R"({"target-directory":"/save"})"},
                                       {lines[3].c_str(), "{}"},
                                       {lines[4].c_str(), "x"},
                                       {lines[5].c_str(), "{}"},
                                       {lines[6].c_str(), ""}};
  return all;
}

TEST_F(RestChanges, NeedTheToken) {
  view.programs_allowed = true;
  view.uploaded = {{"cafe_job", "job", 1}};
  for (const Change& change : changes()) {
    for (const char* credentials : {"", "Authorization: Bearer\r\n", "Authorization: Bearer 0123456789abcdee\r\n",
                                    "Authorization: Bearer 0123456789abcdef0\r\n",
                                    "Authorization: Basic 0123456789abcdef\r\n", "X-Token: 0123456789abcdef\r\n"}) {
      const RestReply reply = request(change.line, credentials, change.body);
      EXPECT_EQ(reply.status, 401) << change.line << " with " << credentials;
      EXPECT_THAT(reply.field("WWW-Authenticate"), HasSubstr("Bearer"));
    }
  }
  EXPECT_THAT(view.calls, IsEmpty());
  EXPECT_THAT(view.runs, IsEmpty());
  EXPECT_EQ(view.uploaded.size(), 1U);
}

TEST_F(RestChanges, AreAllRefusedWithoutATokenToCompareWith) {
  options.token.clear();
  restart();
  EXPECT_EQ(request("PATCH /jobs/" + kId, "Authorization: Bearer \r\n").status, 401);
  EXPECT_THAT(view.calls, IsEmpty());
}

TEST_F(RestChanges, CancelAJob) {
  EXPECT_EQ(request("PATCH /jobs/" + kId + "?mode=cancel", kAuthorization).status, 202);
  EXPECT_EQ(request("PATCH /jobs/" + kId, kAuthorization).status, 202);
  EXPECT_THAT(view.calls, ElementsAre("cancel " + kId, "cancel " + kId));
  EXPECT_EQ(request("PATCH /jobs/" + kId + "?mode=stop", kAuthorization).status, 400);
  view.cancel_error = std::make_exception_ptr(ExternalError("it is not written down"));
  const auto answer = request("PATCH /jobs/" + kId, kAuthorization);
  EXPECT_EQ(answer.status, 500);
  EXPECT_THAT(answer.body, HasSubstr("it is not written down"));
  EXPECT_EQ(request("PATCH /jobs/" + std::string(32, 'f'), kAuthorization).status, 404);
}

TEST_F(RestChanges, TakeASavepointWhoseTriggerIsPolled) {
  const RestReply asked = request("POST " + job_path("/savepoints"), kAuthorization, R"({"target-directory":"/save"})");
  EXPECT_EQ(asked.status, 202);
  EXPECT_EQ(asked.body, R"({"request-id":"feed"})");
  EXPECT_EQ(get(job_path("/savepoints/feed")).body, R"({"status":{"id":"IN_PROGRESS"}})");
  view.operation_status = {OperationStatus::State::kCompleted, "/save/1", ""};
  EXPECT_EQ(get(job_path("/savepoints/feed")).body,
            R"({"status":{"id":"COMPLETED"},"operation":{"location":"/save/1"}})");
  view.operation_status = {OperationStatus::State::kFailed, "", "disk full"};
  EXPECT_THAT(get(job_path("/savepoints/feed")).body, HasSubstr(R"("stack-trace":"disk full")"));
  EXPECT_EQ(get(job_path("/savepoints/beef")).status, 404);
  request("POST " + job_path("/stop"), kAuthorization, R"({"targetDirectory":"/save","drain":false})");
  EXPECT_THAT(view.calls, ElementsAre("savepoint " + kId + " /save", "savepoint " + kId + " /save stop"));
}

TEST_F(RestChanges, TakeACheckpointWhoseIdIsTold) {
  EXPECT_EQ(request("POST " + job_path("/checkpoints"), kAuthorization).status, 202);
  view.operation_status = {OperationStatus::State::kCompleted, "17", ""};
  EXPECT_EQ(get(job_path("/checkpoints/feed")).body,
            R"({"status":{"id":"COMPLETED"},"operation":{"checkpointId":17}})");
}

TEST_F(RestChanges, BeginOnceWhatAClientAsksTwiceUnderItsOwnTrigger) {
  const std::string trigger(32, 'a');
  const std::string body = R"({"target-directory":"/save","triggerId":")" + trigger + R"("})";
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(request("POST " + job_path("/savepoints"), kAuthorization, body).body,
              R"({"request-id":")" + trigger + R"("})");
  EXPECT_EQ(view.calls.size(), 1U);
  EXPECT_EQ(get(job_path("/savepoints/" + trigger)).status, 200);
}

TEST_F(RestChanges, SayWhatIsWrongWithABody) {
  const std::string line = "POST " + job_path("/savepoints");
  for (const char* body :
       {"{", "[]", "1", R"({"target-directory":1})", R"({"target-directory":""})", "{}",
        R"({"target-directory":"/save","cancel-job":"yes"})", R"({"target-directory":"/save","triggerId":"x"})"}) {
    const RestReply reply = request(line, kAuthorization, body);
    EXPECT_EQ(reply.status, 400) << body;
    EXPECT_THAT(reply.body, HasSubstr(R"({"errors":[")"));
  }
  EXPECT_EQ(request(line, kAuthorization, std::string(40, '[')).status, 400);
  EXPECT_EQ(request("POST " + job_path("/stop"), kAuthorization, R"({"targetDirectory":"/s","drain":true})").status,
            400);
  EXPECT_THAT(view.calls, IsEmpty());
}

TEST_F(RestChanges, RefuseABodyThatIsTooLongBeforeItComes) {
  auto client = this->client();
  client.send("POST " + job_path("/stop") + " HTTP/1.1\r\nHost: localhost\r\n" + kAuthorization +
              "Content-Length: 99999999999\r\n\r\n");
  EXPECT_EQ(client.reply().status, 413);
  client.wait_until_closed();
}

TEST_F(RestChanges, RefuseAChunkedBodyOnceItIsTooLong) {
  options.limits.body = 100;
  restart();
  auto client = this->client();
  client.send("POST " + job_path("/stop") + " HTTP/1.1\r\nHost: localhost\r\n" + kAuthorization +
              "Transfer-Encoding: chunked\r\n\r\n40\r\n" + std::string(64, ' ') + "\r\n40\r\n" + std::string(64, ' ') +
              "\r\n0\r\n\r\n");
  EXPECT_EQ(client.reply().status, 413);
}

TEST_F(RestChanges, GiveUpOnABodyThatDoesNotCome) {
  auto client = this->client();
  client.send("POST " + job_path("/stop") + " HTTP/1.1\r\nHost: localhost\r\n" + kAuthorization +
              "Content-Length: 10\r\n\r\n{");
  EXPECT_EQ(client.reply().status, 408);
  client.wait_until_closed();
  EXPECT_THAT(view.calls, IsEmpty());
}

// ---- Programs.

std::string form(const std::string& content, const std::string& part = "jarfile", const std::string& name = "my job") {
  return "--XX\r\nContent-Disposition: form-data; name=\"" + part + "\"; filename=\"" + name +
         "\"\r\nContent-Type: application/octet-stream\r\n\r\n" + content + "\r\n--XX--\r\n";
}
const std::string kForm = "Content-Type: multipart/form-data; boundary=XX\r\n";

class RestPrograms : public RestWorld {
 protected:
  RestPrograms() {
    view.programs_allowed = true;
    view.on_add = [this](const std::string&, const std::string& file) {
      files.push_back(file);
      world.blocking(
          [this, file] {
            const auto stored = world.files().open_for_read(file);
            content.resize(stored->size());
            content.resize(stored->read_at(0, content.data(), content.size()));
          },
          [this](const std::exception_ptr&) { read = true; });
    };
  }

  RestReply upload(const std::string& body) { return request("POST /jars/upload", kAuthorization + kForm, body); }
  std::vector<DirectoryEntry> left() {
    std::vector<DirectoryEntry> entries;
    bool listed = false;
    world.blocking(
        [&] {
          if (world.files().exists("/uploads")) entries = world.files().list("/uploads");
        },
        [&](const std::exception_ptr&) { listed = true; });
    world.run_until([&] { return listed; });
    return entries;
  }

  std::vector<std::string> files;
  std::string content;
  bool read = false;
};

TEST_F(RestPrograms, AreUploadedByteByByte) {
  std::string program =
      "\x7f"
      "ELF\r\n--X\r\n--XY\r\n";
  for (int i = 0; i < 200'000; ++i) program += static_cast<char>(i * 7 % 251);
  const RestReply reply = upload(form(program));
  EXPECT_EQ(reply.body, R"({"filename":"cafe_my_job","status":"success"})");
  world.run_until([&] { return read; });
  EXPECT_TRUE(content == program);
  EXPECT_EQ(get("/jars").body,
            R"({"address":"http://localhost:8081","files":[{"id":"cafe_my_job","name":"my_job","uploaded":5000,)"
            R"("entry":[{"name":"my_job","description":null}]}]})");
}

TEST_F(RestPrograms, GetNamesThatAreFitForFiles) {
  upload(form("x", "jarfile", "../../etc/..//.bash rc"));
  EXPECT_THAT(view.calls, ElementsAre("add _bash_rc"));
  EXPECT_THAT(files.at(0), HasSubstr("/uploads/upload-"));
}

TEST_F(RestPrograms, AreRefusedWhenTheFormIsWrongAndLeaveNothing) {
  EXPECT_EQ(upload("--XX\r\n").status, 400);
  EXPECT_EQ(upload(form("x", "other")).status, 400);
  EXPECT_EQ(upload(form("")).status, 400);
  EXPECT_EQ(upload("no boundary " + std::string(5000, 'x')).status, 400);
  EXPECT_EQ(upload("--XX\r\nContent-Disposition: form-data; name=\"jarfile\"\r\n\r\nxyz").status, 400);
  EXPECT_EQ(request("POST /jars/upload", kAuthorization, "x").status, 415);
  EXPECT_THAT(view.calls, IsEmpty());
  world.run_for(std::chrono::seconds(1));
  EXPECT_THAT(left(), IsEmpty());
}

TEST_F(RestPrograms, LeaveNothingWhenTheClientGoesInBetween) {
  {
    auto client = this->client();
    const std::string head = form(std::string(100'000, 'x'));
    client.send("POST /jars/upload HTTP/1.1\r\nHost: localhost\r\n" + (kAuthorization + kForm) +
                "Content-Length: 200000\r\n\r\n" + head.substr(0, 90'000));
    world.run_for(std::chrono::seconds(1));
    EXPECT_EQ(left().size(), 1U);
  }
  world.run_for(std::chrono::seconds(1));
  EXPECT_THAT(left(), IsEmpty());
  EXPECT_EQ(server->connections(), 0U);
}

TEST_F(RestPrograms, OfAnEarlierProcessThatNobodyTookAreRemoved) {
  write_file("/uploads/upload-0123", "left");
  write_file("/uploads/other", "not ours");
  restart();
  world.run_for(std::chrono::seconds(1));
  ASSERT_EQ(left().size(), 1U);
  EXPECT_EQ(left()[0].name, "other");
}

TEST_F(RestPrograms, AreSentAfterAContinueIfTheClientAsksForOne) {
  auto client = this->client();
  const std::string body = form("program");
  client.send("POST /jars/upload HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n" + (kAuthorization + kForm) +
              "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n");
  EXPECT_EQ(client.reply().status, 100);
  client.send(body);
  EXPECT_EQ(client.reply().status, 200);
}

TEST_F(RestPrograms, AreRunAsTheBodySays) {
  const RestReply reply = request("POST /jars/cafe_job/run", kAuthorization,
                                  R"({"programArgsList":["--port","99 99"],"parallelism":3,"savepointPath":"/s",)"
                                  R"("allowNonRestoredState":true,"entryClass":null,"workingDirectory":"/home",)"
                                  R"("options":{"checkpoint-dir":"/c"},"flinkConfiguration":{"weir.drain":true}})");
  EXPECT_EQ(reply.body, R"({"jobid":"0123456789abcdef0123456789abcdef"})");
  ASSERT_EQ(view.runs.size(), 1U);
  const RunRequest& run = view.runs[0];
  EXPECT_EQ(run.program, "cafe_job");
  EXPECT_THAT(run.arguments, ElementsAre("--port", "99 99"));
  EXPECT_THAT(run.options, ElementsAre(Pair("checkpoint-dir", "/c"), Pair("drain", "true"), Pair("parallelism", "3")));
  EXPECT_EQ(run.directory, "/home");
  EXPECT_EQ(run.savepoint, "/s");
  EXPECT_TRUE(run.allow_non_restored_state);
}

TEST_F(RestPrograms, ClaimTheirSavepointIfTheBodySaysSo) {
  const std::string run = "POST /jars/cafe_job/run";
  request(run, kAuthorization, R"({"savepointPath":"/s","claimMode":"CLAIM"})");
  EXPECT_THAT(view.runs.at(0).options, ElementsAre(Pair("claim-mode", "claim")));
  request(run, kAuthorization, R"({"savepointPath":"/s","claimMode":"NO_CLAIM"})");
  EXPECT_THAT(view.runs.at(1).options, IsEmpty());
  EXPECT_EQ(request(run, kAuthorization, R"({"claimMode":"LEGACY"})").status, 400);
  EXPECT_EQ(view.runs.size(), 2U);
}

TEST_F(RestPrograms, TakeALineOfArgumentsApart) {
  request("POST /jars/cafe_job/run", kAuthorization, R"({"programArgs":"--a 'b c'  d\"e f\" \\g"})");
  EXPECT_THAT(view.runs.at(0).arguments, ElementsAre("--a", "b c", "de f", "g"));
  EXPECT_EQ(request("POST /jars/cafe_job/run", kAuthorization, R"({"programArgs":"'open"})").status, 400);
}

TEST_F(RestPrograms, AreRemoved) {
  view.uploaded = {{"cafe_job", "job", 1}};
  EXPECT_EQ(request("DELETE /jars/cafe_job", kAuthorization).status, 200);
  EXPECT_EQ(request("DELETE /jars/cafe_job", kAuthorization).status, 404);
}

TEST_F(RestPrograms, AreNowhereWhereTheyAreOff) {
  view.programs_allowed = false;
  EXPECT_EQ(get("/jars").status, 404);
  EXPECT_EQ(upload(form("x")).status, 404);
  EXPECT_EQ(request("POST /jars/cafe_job/run", kAuthorization, "{}").status, 404);
  EXPECT_EQ(request("DELETE /jars/cafe_job", kAuthorization).status, 404);
  EXPECT_THAT(view.calls, IsEmpty());
}

}  // namespace
}  // namespace weir::cluster
