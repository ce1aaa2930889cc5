#include "weir/runtime/exchange.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "weir/core/check.h"
#include "weir/core/error.h"

#include "element_frames.h"
#include "user_code.h"

namespace weir::runtime {
namespace {

/// Frames are put on the connection when there are so many bytes.
constexpr std::size_t kWriteAt = 64 * 1024;

/// What a wake-up costs ten times over, and a quarter of what a record may take through a job.
constexpr std::chrono::microseconds kHeldAtMost{250};

constexpr std::string_view kType = "exchange frame";

}  // namespace

Exchange::Exchange(Host& host, std::size_t channels, std::uint32_t processes, Failed failed)
    : host_(host),
      channels_(channels),
      failed_(std::move(failed)),
      ready_(channels + processes),
      self_(std::make_shared<Exchange*>(this)) {
  for (std::uint32_t process = 0; process < processes; ++process) peers_.push_back(std::make_unique<Peer>());
}

Exchange::~Exchange() { stop(); }

void Exchange::stop() {
  self_.reset();
  if (std::exchange(stopped_, true)) return;
  while (busy_.exchange(true)) std::this_thread::yield();
}

Channel& Exchange::send(std::size_t id, std::uint32_t to, std::size_t capacity, std::vector<Lane> lanes,
                        TaskSignal producer) {
  auto channel = std::make_unique<Channel>(capacity, lanes.size(), producer, TaskSignal{&ready_, id});
  Sending& sending = sending_[id];
  sending = {std::move(channel), to, capacity, std::move(lanes)};
  return *sending.channel;
}

Channel& Exchange::receive(std::size_t id, std::uint32_t from, std::size_t capacity, std::vector<Lane> lanes,
                           TaskSignal consumer) {
  auto channel = std::make_unique<Channel>(capacity, lanes.size(), TaskSignal{&ready_, id}, consumer);
  Receiving& receiving = receiving_[id];
  receiving.channel = std::move(channel);
  receiving.from = from;
  receiving.capacity = capacity;
  receiving.lanes = std::move(lanes);
  return *receiving.channel;
}

void Exchange::attach(std::uint32_t process, Write write) {
  Peer& peer = *peers_[process];
  {
    const std::lock_guard lock(peer.mutex);
    peer.attached = std::move(write);
  }
  ready_.set(channels_ + process);
  serve(Again::kNo);
}

void Exchange::received(std::uint32_t process, std::string bytes) {
  Peer& peer = *peers_[process];
  {
    const std::lock_guard lock(peer.mutex);
    peer.inbox.push_back(std::move(bytes));
  }
  ready_.set(channels_ + process);
  serve(Again::kYes);
}

void Exchange::serve(Again again) {
  if (again == Again::kNo) flush_.store(true);
  // Who finds it busy has said before what it wants; who leaves looks for that after. One of the two sees the other.
  bool look = held_.load(std::memory_order_relaxed);
  while ((look || ready_.any() || flush_.load()) && !busy_.exchange(true)) {
    look = false;
    const auto leave = [](std::atomic<bool>* busy) { busy->store(false); };
    const std::unique_ptr<std::atomic<bool>, decltype(leave)> busy(&busy_, leave);
    const bool flush = flush_.exchange(false);
    if (const std::exception_ptr error = failure_of([this, flush] { work(flush); })) fail(error);
  }
}

void Exchange::work(bool flush) {
  ready_.take([this](std::size_t bit) {
    if (!over_) run(bit);
  });
  bool held = false;
  for (const auto& peer : peers_) {
    if (over_) break;
    write_out(*peer, flush);
    held = held || peer->held_since;
  }
  held_.store(held, std::memory_order_relaxed);
}

void Exchange::run(std::size_t bit) {
  if (bit >= channels_) {
    const auto process = static_cast<std::uint32_t>(bit - channels_);
    return hear(process, *peers_[process]);
  }
  if (const auto sending = sending_.find(bit); sending != sending_.end()) send_some(bit, sending->second);
  if (const auto receiving = receiving_.find(bit); receiving != receiving_.end()) hand_over(bit, receiving->second);
}

bool Exchange::send_some(std::size_t id, Sending& sending) {
  Peer& peer = *peers_[sending.to];
  if (peer.write == nullptr) return false;
  bool sent = false;
  Element element;
  while (sending.credit > 0 && sending.channel->pop(element)) {
    --sending.credit;
    sent = true;
    const std::size_t begun = begin_frame(peer.out);
    peer.out += static_cast<char>(FrameKind::kElement);
    detail::append_varint(peer.out, id);
    encode_element(element, sending.lanes, peer.out);
    if (peer.out.size() - begun > kLargestBatch)
      throw UserError(
          fmt::format("a batch of {} bytes is too large to be sent to another process: at most {} are "
                      "possible; set --weir.batch-size lower",
                      peer.out.size() - begun, kLargestBatch));
    end_frame(peer.out, begun, kLargestBatch);
    if (element.batch != nullptr) sending.channel->give_back(element.lane, std::move(element.batch));
    if (peer.out.size() >= kWriteAt) write(peer);
  }
  return sent;
}

void Exchange::hear(std::uint32_t process, Peer& peer) {
  std::vector<std::string> inbox;
  {
    const std::lock_guard lock(peer.mutex);
    inbox.swap(peer.inbox);
    if (peer.attached != nullptr) peer.write = std::exchange(peer.attached, nullptr);
  }
  for (const std::string& bytes : inbox) {
    peer.reader.add(bytes);
    while (const auto frame = peer.reader.next()) on_frame(process, peer, *frame);
  }
  // Whoever sent this may rest by now.
  for (auto& [id, sending] : sending_)
    if (sending.to == process && send_some(id, sending)) peer.urgent = true;
}

void Exchange::on_frame(std::uint32_t process, Peer&, std::string_view frame) {
  Reader in(frame);
  switch (static_cast<FrameKind>(in.fixed<char>(kType))) {
    case FrameKind::kElement: {
      const std::size_t id = in.varint(kType);
      return on_element(process, id, frame.substr(in.offset()));
    }
    case FrameKind::kCredit:
      while (in.remaining() > 0) {
        const std::size_t id = in.varint(kType);
        on_credit(process, id, in.varint(kType));
      }
      return;
  }
  in.fail(kType, "is of a kind that does not exist");
}

void Exchange::on_element(std::uint32_t process, std::size_t id, std::string_view bytes) {
  const auto found = receiving_.find(id);
  if (found == receiving_.end() || found->second.from != process)
    throw CorruptionError(fmt::format("process {} sent an element on channel {}, which is not its own", process, id));
  Receiving& receiving = found->second;
  if (receiving.waiting.size() >= receiving.capacity)
    throw CorruptionError(fmt::format("process {} sent more on channel {} than it had credit for", process, id));
  Reader in(bytes);
  receiving.waiting.push_back(decode_element(
      in, receiving.lanes, [&receiving](std::uint8_t lane) { return receiving.channel->take_returned(lane); }));
  hand_over(id, receiving);
}

void Exchange::on_credit(std::uint32_t process, std::size_t id, std::size_t elements) {
  const auto found = sending_.find(id);
  if (found == sending_.end() || found->second.to != process)
    throw CorruptionError(fmt::format("process {} gave credit for channel {}, which is not to it", process, id));
  found->second.credit += elements;
}

void Exchange::hand_over(std::size_t id, Receiving& receiving) {
  while (!receiving.waiting.empty() && receiving.channel->push(receiving.waiting.front())) {
    receiving.waiting.pop_front();
    Peer& peer = *peers_[receiving.from];
    // The sender has the other half, so it never waits for what is kept back here.
    if (++peer.owed[id] >= std::max<std::size_t>(1, receiving.capacity / 2)) peer.urgent = true;
  }
}

void Exchange::write_out(Peer& peer, bool flush) {
  if (peer.write == nullptr || (peer.out.empty() && !peer.urgent)) return;
  if (!flush && !peer.urgent && !is_held_long(peer)) return;
  peer.urgent = false;
  if (!peer.owed.empty()) {
    const std::size_t begun = begin_frame(peer.out);
    peer.out += static_cast<char>(FrameKind::kCredit);
    for (const auto& [id, elements] : std::exchange(peer.owed, {})) {
      detail::append_varint(peer.out, id);
      detail::append_varint(peer.out, elements);
    }
    end_frame(peer.out, begun);
  }
  write(peer);
}

bool Exchange::is_held_long(Peer& peer) const {
  const MonotonicTime now = host_.monotonic_now();
  if (!peer.held_since) peer.held_since = now;
  return now - *peer.held_since >= kHeldAtMost;
}

void Exchange::write(Peer& peer) {
  peer.held_since.reset();
  std::string bytes;
  bytes.swap(peer.out);
  peer.write(std::move(bytes));
}

void Exchange::fail(std::exception_ptr error) {
  over_ = true;
  host_.post([weak = std::weak_ptr<Exchange*>(self_), error = std::move(error)] {
    if (const auto self = weak.lock()) (*self)->failed_(error);
  });
}

}  // namespace weir::runtime
