#include "weir/cluster/exchange_door.h"

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "weir/core/frames.h"
#include "weir/sim/world.h"

namespace weir::cluster {
namespace {

class ExchangeDoorTest : public testing::Test {
 protected:
  /// A connection of another process.
  struct Caller {
    std::shared_ptr<ExchangeLink> link;
    bool closed = false;
  };

  std::shared_ptr<Caller> call(const ExchangeHello& hello) {
    const ExchangeAddress at = door_->address();
    return call(hello, {at.host, at.port});
  }
  std::shared_ptr<Caller> call(const ExchangeHello& hello, const Address& at) {
    callers_.push_back(std::make_shared<Caller>());
    Caller* caller = callers_.back().get();
    world_.network().connect(at, [caller, hello](std::unique_ptr<ByteStream> stream, const std::string&) {
      caller->link = std::make_shared<ExchangeLink>(std::move(stream));
      caller->link->open(hello);
      caller->link->bind({[](const std::string&) {}, [caller](const std::string&) { caller->closed = true; }});
    });
    settle();
    return callers_.back();
  }

  ExchangeHello hello(std::uint64_t turn, std::uint32_t process = 1) const {
    return {"job", 7, "secret", turn, process};
  }

  void open_for(std::uint64_t turn) {
    door_->open_for(turn, [this](std::uint32_t process, const std::shared_ptr<ExchangeLink>& link) {
      claimed_.push_back(process);
      links_.push_back(link);
      link->bind({[this](const std::string& bytes) { bytes_ += bytes; }, [](const std::string&) {}});
    });
    settle();
  }
  void settle() { world_.run_for(std::chrono::milliseconds(50)); }

  sim::World world_{1};
  std::vector<std::shared_ptr<Caller>> callers_;
  std::vector<std::uint32_t> claimed_;
  std::vector<std::shared_ptr<ExchangeLink>> links_;
  std::string bytes_;
  std::unique_ptr<ExchangeDoor> door_ =
      std::make_unique<ExchangeDoor>(world_, Address{"localhost", 0}, JobProcess{{"job", 7}, "secret", 0});
};

TEST_F(ExchangeDoorTest, GivesAConnectionToItsAttemptWithAllThatFollowedTheHello) {
  open_for(1);
  const auto caller = call(hello(1, 3));
  EXPECT_EQ(claimed_, std::vector<std::uint32_t>{3});
  caller->link->write("what follows");
  settle();
  EXPECT_EQ(bytes_, "what follows");
}

TEST_F(ExchangeDoorTest, IsReachedByAUnixSocketToo) {
  open_for(1);
  const std::string here = door_->address().here;
  EXPECT_TRUE(unix_name({here, 0}));
  call(hello(1, 3), {here, 0});
  EXPECT_EQ(claimed_, std::vector<std::uint32_t>{3});
}

TEST_F(ExchangeDoorTest, KeepsAConnectionOfAnAttemptThatIsStillToBegin) {
  open_for(1);
  const auto caller = call(hello(2));
  caller->link->write("early");
  settle();
  EXPECT_TRUE(claimed_.empty());
  EXPECT_FALSE(caller->closed);
  open_for(2);
  EXPECT_EQ(claimed_, std::vector<std::uint32_t>{1});
  EXPECT_EQ(bytes_, "early");
}

TEST_F(ExchangeDoorTest, ClosesConnectionsOfAttemptsThatAreOver) {
  open_for(2);
  EXPECT_TRUE(call(hello(1))->closed);
  EXPECT_TRUE(claimed_.empty());
  const auto early = call(hello(3));
  open_for(4);
  EXPECT_TRUE(early->closed);
  EXPECT_TRUE(claimed_.empty());
}

TEST_F(ExchangeDoorTest, ClosesConnectionsOfStrangers) {
  open_for(1);
  EXPECT_TRUE(call({"other", 7, "secret", 1, 1})->closed);
  EXPECT_TRUE(call({"job", 6, "secret", 1, 1})->closed);
  EXPECT_TRUE(call({"job", 7, "guess", 1, 1})->closed);
  EXPECT_TRUE(claimed_.empty());
}

TEST_F(ExchangeDoorTest, ClosesConnectionsThatSaySomethingElse) {
  open_for(1);
  for (const std::string& nonsense :
       {std::string("GET / HTTP/1.1\r\n\r\n"), to_frame("no hello"), std::string(5000, '\0')}) {
    std::unique_ptr<ByteStream> stream;
    bool closed = false;
    const ExchangeAddress at = door_->address();
    world_.network().connect({at.host, at.port}, [&](std::unique_ptr<ByteStream> made, const std::string&) {
      stream = std::move(made);
      stream->start({[](const std::string&) {}, [&](const std::string&) { closed = true; }});
      stream->write(nonsense);
    });
    settle();
    EXPECT_TRUE(closed) << nonsense.substr(0, 20);
  }
}

}  // namespace
}  // namespace weir::cluster
