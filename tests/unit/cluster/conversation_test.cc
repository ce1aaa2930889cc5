#include "weir/cluster/conversation.h"

#include <memory>
#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/sim/world.h"

namespace weir::cluster {
namespace {

using namespace std::chrono_literals;

class ConversationTest : public testing::Test {
 protected:
  ConversationTest() {
    listener_ = world_.network().listen({"localhost", 7000}, [this](std::unique_ptr<ByteStream> stream) {
      server_ = std::make_unique<Conversation>(world_, std::move(stream), HeartbeatLimits{}, events());
    });
    world_.network().connect({"localhost", 7000}, [this](std::unique_ptr<ByteStream> stream, const std::string&) {
      client_ = std::move(stream);
      client_->start({[](const std::string&) {}, [](const std::string&) {}});
    });
    world_.run_until([this] { return server_ != nullptr && client_ != nullptr; });
  }

  Conversation::Events events() {
    return {[this](const Message& message) { heard_ = std::string(name_of(message)); },
            [this](const std::string& why) { end_ = why; }};
  }

  sim::World world_{1};
  std::unique_ptr<Listener> listener_;
  std::unique_ptr<ByteStream> client_;
  std::unique_ptr<Conversation> server_;
  std::string heard_;
  std::optional<std::string> end_;
};

TEST_F(ConversationTest, CanBeClosedAndWrittenToWhenItHasEnded) {
  client_->close();
  world_.run_until([this] { return end_.has_value(); });
  server_->send(Refused{"late"});
  server_->close();
  world_.run_for(1s);
  EXPECT_EQ(*end_, "");
}

TEST_F(ConversationTest, EndsWithAPeerThatSaysNothing) {
  const auto began = world_.now();
  world_.run_until([this] { return end_.has_value(); });
  EXPECT_GE(world_.now() - began, HeartbeatLimits{}.silence - 1s);
  EXPECT_THAT(*end_, testing::HasSubstr("nothing was heard for"));
}

TEST_F(ConversationTest, EndsWithAPeerThatSendsWhatIsNoMessage) {
  client_->write(to_frame("nonsense"));
  world_.run_until([this] { return end_.has_value(); });
  EXPECT_EQ(*end_, "it sent bytes that are no message");
  EXPECT_EQ(heard_, "");
}

// What comes late says nothing of how its sender is now.
TEST_F(ConversationTest, KnowsWhenThePeerHeardOfItAtTheEarliest) {
  const auto began = world_.now();
  world_.run_for(1s);
  client_->write(to_frame(encode_message(Heartbeat{0, 1, 0})));
  world_.run_for(4s);
  EXPECT_LE(server_->last_answered(), began) << "two heartbeats left, and none is answered";
  EXPECT_GE(server_->last_heard(), began + 1s);
  client_->write(to_frame(encode_message(Heartbeat{0, 2, 1})));
  world_.run_for(1s);
  EXPECT_GE(server_->last_answered(), began + 1900ms);
  EXPECT_LE(server_->last_answered(), began + 2100ms);
  client_->write(to_frame(encode_message(Heartbeat{0, 3, 2})));
  world_.run_for(500ms);
  EXPECT_GE(server_->last_answered(), began + 3900ms);
  EXPECT_LE(server_->last_answered(), began + 4100ms);
}

}  // namespace
}  // namespace weir::cluster
