#include "weir/runtime/exchange.h"

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/core/batch.h"
#include "weir/core/frames.h"
#include "weir/sim/world.h"

namespace weir::runtime {
namespace {

using testing::HasSubstr;

constexpr std::size_t kCapacity = 3;

std::string message_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& what) {
    return what.what();
  }
}

/// Process 0 with channel 0 to process 1, which has it from there.
class ExchangeTest : public testing::Test {
 protected:
  ExchangeTest() {
    sender_ = std::make_unique<Exchange>(world_, 1, 2, [this](std::exception_ptr error) { note(error); });
    receiver_ = std::make_unique<Exchange>(world_, 1, 2, [this](std::exception_ptr error) { note(error); });
    out_ = &sender_->send(0, 1, kCapacity, {lane()}, TaskSignal{&tasks_, 0});
    in_ = &receiver_->receive(0, 0, kCapacity, {lane()}, TaskSignal{&tasks_, 1});
  }

  static Exchange::Lane lane() { return {batch_codec<std::string>(), WithHashes::kYes, 4}; }

  void connect() {
    sender_->attach(
        1, [this](const std::string& bytes) { world_.post([this, bytes] { receiver_->received(0, bytes); }); });
    receiver_->attach(
        0, [this](const std::string& bytes) { world_.post([this, bytes] { sender_->received(1, bytes); }); });
  }

  /// How many batches of one record the channel took before it was full.
  int fill(int from = 0) {
    for (int number = from;; ++number) {
      auto batch = std::make_unique<Batch<std::string>>(4);
      batch->push(std::to_string(number), timestamp_ms(number), static_cast<std::uint64_t>(number) << 40);
      Element element = Element::of(std::move(batch));
      if (!out_->push(element)) return number - from;
      settle();
    }
  }
  void settle() {
    sender_->serve(Exchange::Again::kNo);
    receiver_->serve(Exchange::Again::kNo);
    world_.run_for(std::chrono::milliseconds(10));
  }
  void note(const std::exception_ptr& error) { failure_ = message_of(error); }

  sim::World world_{1};
  ReadySet tasks_{2};
  std::string failure_;
  std::unique_ptr<Exchange> sender_;
  std::unique_ptr<Exchange> receiver_;
  Channel* out_;
  Channel* in_;
};

TEST_F(ExchangeTest, BringsElementsInTheirOrderWithAllThatTheyAre) {
  connect();
  auto batch = std::make_unique<Batch<std::string>>(4);
  batch->push("first", timestamp_ms(-5), 1ULL << 63);
  batch->push("second", kNoTimestamp, 2);
  std::vector<Element> sent;
  sent.push_back(Element::of(std::move(batch)));
  sent.push_back(Element::of(Watermark(timestamp_ms(-7))));
  sent.push_back(Element::of(CheckpointId(1ULL << 40)));
  for (const auto kind : {Element::Kind::kIdle, Element::Kind::kActive, Element::Kind::kEnd})
    sent.push_back(Element::sign(kind));
  std::vector<Element> got;
  for (Element& element : sent) {
    ASSERT_TRUE(out_->push(element));
    settle();
    Element arrived;
    while (in_->pop(arrived)) got.push_back(std::move(arrived));
    settle();
  }
  ASSERT_EQ(got.size(), 6U) << failure_;
  const auto& values = static_cast<const Batch<std::string>&>(*got[0].batch);
  ASSERT_EQ(values.size(), 2U);
  EXPECT_EQ(values[0], "first");
  EXPECT_EQ(values[1], "second");
  EXPECT_EQ(values.timestamps()[0], timestamp_ms(-5));
  EXPECT_EQ(values.timestamps()[1], kNoTimestamp);
  EXPECT_EQ(values.hashes()[0], 1ULL << 63);
  EXPECT_EQ(got[1].watermark, Watermark(timestamp_ms(-7)));
  EXPECT_EQ(got[2].checkpoint, CheckpointId(1ULL << 40));
  EXPECT_EQ(got[3].kind, Element::Kind::kIdle);
  EXPECT_EQ(got[4].kind, Element::Kind::kActive);
  EXPECT_EQ(got[5].kind, Element::Kind::kEnd);
}

TEST_F(ExchangeTest, KeepsWhatIsSentBeforeThereIsAConnection) {
  Element element = Element::of(CheckpointId(3));
  ASSERT_TRUE(out_->push(element));
  settle();
  connect();
  settle();
  ASSERT_TRUE(in_->pop(element));
  EXPECT_EQ(element.checkpoint, CheckpointId(3));
}

TEST_F(ExchangeTest, HoldsBackWhatItsSenderMayAddToForAQuarterOfAMillisecond) {
  connect();
  const auto push = [this] {
    Element element = Element::of(CheckpointId(3));
    ASSERT_TRUE(out_->push(element));
  };
  const auto arrived = [this] {
    world_.run_for(std::chrono::microseconds(1));
    receiver_->serve(Exchange::Again::kNo);
    int elements = 0;
    for (Element element; in_->pop(element);) ++elements;
    return elements;
  };
  push();
  sender_->serve(Exchange::Again::kYes);
  EXPECT_EQ(arrived(), 0);
  push();
  sender_->serve(Exchange::Again::kYes);
  EXPECT_EQ(arrived(), 0);
  sender_->serve(Exchange::Again::kNo);
  EXPECT_EQ(arrived(), 2) << "it rests, and adds nothing";
  push();
  sender_->serve(Exchange::Again::kYes);
  EXPECT_EQ(arrived(), 0);
  world_.run_for(std::chrono::microseconds(250));
  sender_->serve(Exchange::Again::kYes);
  EXPECT_EQ(arrived(), 1) << "it is busy with something else";
}

/// Two threads, each a task of its own process, and none for the exchanges: nothing may be left lying.
TEST(ExchangeThreads, LeaveNothingBehindWhoeverServes) {
  constexpr std::uint64_t kElements = 2'000;
  constexpr std::size_t kChannels = 2;
  sim::World world(1);  // only for what fails, and for the time, which stands still
  std::vector<std::unique_ptr<Exchange>> sides;
  for (int side = 0; side < 2; ++side)
    sides.push_back(std::make_unique<Exchange>(world, kChannels, 2, [](std::exception_ptr) { FAIL(); }));
  ReadySet tasks(2 * kChannels);
  std::vector<Channel*> out;
  std::vector<Channel*> in;
  for (std::size_t id = 0; id < kChannels; ++id) {
    out.push_back(
        &sides[0]->send(id, 1, 4, {{batch_codec<std::string>(), WithHashes::kNo, 4}}, TaskSignal{&tasks, id}));
    in.push_back(&sides[1]->receive(id, 0, 4, {{batch_codec<std::string>(), WithHashes::kNo, 4}},
                                    TaskSignal{&tasks, kChannels + id}));
  }
  sides[0]->attach(1, [&](std::string bytes) { sides[1]->received(0, std::move(bytes)); });
  sides[1]->attach(0, [&](std::string bytes) { sides[0]->received(1, std::move(bytes)); });
  std::vector<std::thread> threads;
  for (std::size_t id = 0; id < kChannels; ++id) {
    threads.emplace_back([&, id] {
      for (std::uint64_t next = 1; next <= kElements;) {
        Element element = Element::of(CheckpointId(next));
        out[id]->push(element) ? void(++next) : std::this_thread::yield();
        sides[0]->serve(next % 7 == 0 ? Exchange::Again::kNo : Exchange::Again::kYes);
      }
      sides[0]->serve(Exchange::Again::kNo);
    });
    threads.emplace_back([&, id] {
      for (std::uint64_t wanted = 1; wanted <= kElements;) {
        Element element;
        if (in[id]->pop(element)) {
          ASSERT_EQ(element.checkpoint, CheckpointId(wanted++));
        } else {
          std::this_thread::yield();
        }
        sides[1]->serve(Exchange::Again::kYes);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(ExchangeTest, ASlowReceiverHoldsBackItsSender) {
  connect();
  // The receiver's channel, as many on their way, and the sender's own channel.
  EXPECT_EQ(fill(), 3 * static_cast<int>(kCapacity));
}

TEST_F(ExchangeTest, CreditComesBackForAllThatIsTaken) {
  connect();
  int sent = fill();
  for (int taken = 0; taken < 100; ++taken) {
    Element element;
    ASSERT_TRUE(in_->pop(element));
    EXPECT_EQ(static_cast<Batch<std::string>&>(*element.batch)[0], std::to_string(taken));
    in_->give_back(element.lane, std::move(element.batch));
    settle();
    sent += fill(sent);
    ASSERT_EQ(sent, taken + 1 + 3 * static_cast<int>(kCapacity)) << "credit is leaked, or made";
  }
}

TEST_F(ExchangeTest, RefusesWhatNoOtherProcessSays) {
  const auto bytes = [](std::initializer_list<int> values) {
    std::string frame;
    for (const int value : values) frame += static_cast<char>(value);
    return to_frame(frame);
  };
  const std::vector<std::pair<std::string, const char*>> nonsense = {
      {bytes({}), "ends too early"},
      {bytes({9}), "of a kind that does not exist"},
      {bytes({1, 7, 5}), "channel 7, which is not its own"},
      {bytes({1, 0, 99}), "of a kind that does not exist"},
      {bytes({1, 0, 0, 5}), "of a lane that does not exist"},
      {bytes({1, 0, 0, 0, 100}), "counts more elements than bytes follow"},
      {bytes({1, 0, 0, 0, 0}), "has no records"},
      {bytes({1, 0, 5, 1}), "ends before its bytes do"},
      {bytes({2, 0, 1}), "credit for channel 0, which is not to it"},
      {std::string("\xff\xff\xff\xff", 4), "above the limit"},
  };
  for (const auto& [said, complaint] : nonsense) {
    failure_.clear();
    Exchange exchange(world_, 1, 2, [this](std::exception_ptr error) { note(error); });
    exchange.receive(0, 0, kCapacity, {lane()}, TaskSignal{&tasks_, 1});
    exchange.attach(0, [](const std::string&) {});
    exchange.received(0, said);
    settle();
    EXPECT_THAT(failure_, HasSubstr(complaint));
  }
}

TEST_F(ExchangeTest, RefusesMoreThanItGaveCreditFor) {
  connect();
  for (int i = 0; i < 3; ++i) receiver_->received(0, to_frame(std::string("\x01\x00\x04", 3)));
  settle();
  EXPECT_EQ(failure_, "");
  for (std::size_t i = 0; i < kCapacity + 1; ++i) receiver_->received(0, to_frame(std::string("\x01\x00\x04", 3)));
  settle();
  EXPECT_THAT(failure_, HasSubstr("more on channel 0 than it had credit for"));
}

}  // namespace
}  // namespace weir::runtime
