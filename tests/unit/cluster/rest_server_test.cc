#include "weir/cluster/rest_server.h"

#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rest_world.h"

namespace weir::cluster {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAreArray;

using RestServerTest = RestWorld;

TEST_F(RestServerTest, TellsOfItsJobs) {
  auto client = this->client();
  const RestReply reply = client.request("GET /jobs");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.field("Content-Type"), "application/json; charset=UTF-8");
  EXPECT_EQ(reply.body, R"({"jobs":[{"id":"0123456789abcdef0123456789abcdef","status":"RUNNING"}]})");
  EXPECT_THAT(client.request("GET /overview").body, HasSubstr(R"("jobs-running":1)"));
  EXPECT_THAT(client.request("GET /jobs/overview").body, HasSubstr(R"("running":3)"));
}

TEST_F(RestServerTest, HasTheRoutesThatItsPageLists) {
  std::ifstream page(WEIR_REST_PAGE);
  std::vector<std::string> listed;
  for (std::string line; std::getline(page, line);)
    if (line.starts_with("### `")) listed.push_back(line.substr(5, line.size() - 6));
  EXPECT_THAT(listed, UnorderedElementsAreArray(server->routes()));
}

TEST_F(RestServerTest, AnswersRequestsThatCameTogetherInTheirOrder) {
  auto client = this->client();
  client.send(
      "GET /jobs HTTP/1.1\r\nHost: localhost\r\n\r\nGET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n"
      "GET /overview HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(client.reply().body, StartsWith(R"({"jobs":)"));
  EXPECT_EQ(client.reply().status, 404);
  EXPECT_THAT(client.reply().body, StartsWith(R"({"taskmanagers":1)"));
  client.wait_until_closed();
  EXPECT_THAT(client.received(), IsEmpty());
}

TEST_F(RestServerTest, SendsTheHeadAloneForHead) {
  auto client = this->client();
  const RestReply head = client.request("HEAD /jobs");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.field("Content-Length"), std::to_string(client.request("GET /jobs").body.size()));
}

TEST_F(RestServerTest, SaysWhatIsWrongAsFlinkDoes) {
  auto client = this->client();
  EXPECT_EQ(client.request("GET /nothing").body, R"({"errors":["Not found: /nothing"]})");
  EXPECT_EQ(client.request("GET /jobs/1234").status, 400);
  EXPECT_EQ(client.request("GET /jobs/ffffffffffffffffffffffffffffffff").status, 404);
  const RestReply wrong = client.request("DELETE /jobs");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.field("Allow"), "GET, HEAD");
}

TEST_F(RestServerTest, RefusesWhatIsMalformedAndHangsUp) {
  for (const char* bytes :
       {"GARBAGE\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /a/../b HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET /%2e%2e/b HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /a%2fb HTTP/1.1\r\nHost: localhost\r\n\r\n", "GET /jobs HTTP/1.1\r\nConnection: close\r\n\r\n",
        "GET /jobs HTTP/1.1\r\nHost: localhost\r\nHost: other\r\nConnection: close\r\n\r\n"}) {
    auto client = this->client();
    client.send(bytes);
    const RestReply reply = client.reply();
    EXPECT_TRUE(reply.status == 400 || reply.status == 505) << bytes << " " << reply.status;
    client.wait_until_closed();
  }
  EXPECT_EQ(server->connections(), 0U);
}

TEST_F(RestServerTest, RefusesAPageOfElsewhereThatGotTheBrowserToCallIt) {
  auto client = this->client();
  client.send("GET /jobs HTTP/1.1\r\nHost: evil.example:8081\r\n\r\n");
  EXPECT_EQ(client.reply().status, 403);
}

TEST_F(RestServerTest, HangsUpOnAHeadThatIsTooLong) {
  auto client = this->client();
  client.send("GET /jobs HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n");
  EXPECT_EQ(client.reply().status, 431);
  client.wait_until_closed();
}

TEST_F(RestServerTest, GivesUpOnAHeadThatDoesNotCome) {
  auto client = this->client();
  client.send("GET /jobs HTT");
  EXPECT_EQ(client.reply().status, 408);
  client.wait_until_closed();
}

TEST_F(RestServerTest, HangsUpOnAClientThatSaysNothing) {
  auto client = this->client();
  client.wait_until_closed();
  EXPECT_THAT(client.received(), IsEmpty());
}

TEST_F(RestServerTest, TurnsClientsAwayThatAreTooMany) {
  options.limits.connections = 1;
  restart();
  auto first = client();
  auto second = client();
  EXPECT_EQ(second.reply().status, 503);
  EXPECT_EQ(first.request("GET /jobs").status, 200);
}

}  // namespace
}  // namespace weir::cluster
