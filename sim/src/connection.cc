#include "connection.h"

#include <algorithm>
#include <utility>

#include "weir/core/check.h"

namespace weir::sim {

Connection::Connection(Net& net, Owner client, std::string client_place, Owner server, std::string server_place)
    : net_(net) {
  ends_[kClient].owner = client;
  ends_[kClient].place = std::move(client_place);
  ends_[kServer].owner = server;
  ends_[kServer].place = std::move(server_place);
}

void Connection::start(Side side, ByteStream::Handler handler) {
  End& end = ends_[side];
  if (end.left) return;
  WEIR_CHECK(end.handler == nullptr, "a stream is started twice");
  end.handler = std::make_shared<ByteStream::Handler>(std::move(handler));
  schedule_delivery(side);
}

void Connection::pause(Side side) {
  End& end = ends_[side];
  if (end.paused) return;
  end.paused = true;
  end.read_under_way = end.scheduled && net_.random_.one_in(2);
}

void Connection::resume(Side side) {
  ends_[side].paused = false;
  schedule_delivery(side);
}

void Connection::write(Side side, std::string bytes) {
  End& to = ends_[other(side)];
  ++net_.writes_;
  if (ends_[side].left || to.left || to.sealed || bytes.empty()) return;
  if (to.inbox.empty())
    to.inbox = std::move(bytes);
  else
    to.inbox += bytes;
  schedule_delivery(other(side));
}

void Connection::close(Side side) {
  if (ends_[side].left) return;
  leave(ends_[side]);
  seal(ends_[other(side)], "");
  schedule_delivery(other(side));
}

void Connection::abandon(Side side) {
  if (ends_[side].left) return;
  leave(ends_[side]);
  reset(other(side));
}

void Connection::reset(Side side) {
  End& to = ends_[side];
  if (to.left) return;
  to.inbox.resize(net_.random_.between(to.read, to.inbox.size()));
  if (to.inbox.size() == to.read) {
    to.inbox.clear();
    to.read = 0;
  }
  to.sealed = true;
  to.error = "Connection reset by peer";
  schedule_delivery(side);
}

bool Connection::joins(const std::string& one, const std::string& other) const {
  const std::string& client = ends_[kClient].place;
  const std::string& server = ends_[kServer].place;
  return (client == one && server == other) || (client == other && server == one);
}

void Connection::go_on() {
  for (const Side side : {kClient, kServer}) schedule_delivery(side);
}

void Connection::break_off() {
  for (const Side side : {kClient, kServer}) reset(side);
}

void Connection::vanish(const std::string& place) {
  for (End& end : ends_)
    if (end.place == place && !end.left) leave(end);
}

std::size_t Connection::unread(Side side) const {
  const End& to = ends_[other(side)];
  return to.left ? 0 : to.inbox.size() - to.read;
}

void Connection::leave(End& end) {
  end.left = true;
  end.inbox.clear();
  end.read = 0;
  // Destroyed last: what they captured may come back to us.
  const auto handler = std::move(end.handler);
  const auto on_read = std::exchange(end.on_read, nullptr);
}

void Connection::seal(End& end, std::string error) {
  if (end.left || end.sealed) return;
  end.sealed = true;
  end.error = std::move(error);
}

void Connection::drop_process() {
  for (const Side side : {kClient, kServer}) {
    if (ends_[side].owner != Owner::kProcess) continue;
    // The kernel still sends what it has; what the process had queued itself is lost.
    if (net_.random_.one_in(2))
      close(side);
    else
      abandon(side);
  }
}

void Connection::schedule_delivery(Side side) {
  End& end = ends_[side];
  if (end.scheduled || end.left || end.paused || end.handler == nullptr || is_cut(side)) return;
  if (end.inbox.empty() && !end.sealed) return;
  end.scheduled = true;
  const auto latency =
      end.hurried ? Pace::Time(0) : draw_latency(net_.random_, net_.pace_.network_typical, net_.pace_.network_worst);
  net_.scheduler_.schedule(end.owner, EventKind::kNetwork, net_.scheduler_.now() + latency,
                           [self = shared_from_this(), side] { self->deliver(side); });
}

void Connection::deliver(Side side) {
  End& end = ends_[side];
  end.scheduled = false;
  if (end.left || is_cut(side)) return;
  if (end.paused && !std::exchange(end.read_under_way, false)) return;
  const std::shared_ptr<ByteStream::Handler> handler = end.handler;

  if (!end.inbox.empty()) {
    std::string piece = take_piece(end);
    schedule_delivery(side);
    tell_sent(other(side));
    const auto on_read = end.on_read;
    handler->on_bytes(std::move(piece));
    if (on_read) on_read();
  } else if (end.sealed) {
    const std::string error = end.error;
    leave(end);
    handler->on_closed(error);
  }
}

/// Bytes have left once the other side has them: nothing lies in between.
void Connection::tell_sent(Side side) {
  const auto wants_it = [this, side] {
    const End& end = ends_[side];
    return !end.left && end.handler != nullptr && end.handler->on_sent && ends_[other(side)].inbox.empty();
  };
  if (!wants_it()) return;
  const auto latency = draw_latency(net_.random_, net_.pace_.network_typical, net_.pace_.network_worst);
  net_.scheduler_.schedule(ends_[side].owner, EventKind::kNetwork, net_.scheduler_.now() + latency,
                           [self = shared_from_this(), side, wants_it] {
                             if (!wants_it()) return;
                             const std::shared_ptr<ByteStream::Handler> handler = self->ends_[side].handler;
                             handler->on_sent();
                           });
}

std::string Connection::take_piece(End& end) {
  const std::size_t there = std::min(end.inbox.size() - end.read, Net::kBuffer);
  std::size_t size = there;
  switch (net_.random_.below(8)) {
    case 0:
      size = 1;
      break;
    case 1:
      size = std::min<std::size_t>(there, net_.random_.between(1, 16));
      break;
    case 2:
    case 3:
      size = net_.random_.between(1, there);
      break;
    default:
      break;
  }
  std::string piece;
  if (end.read == 0 && size == end.inbox.size()) {
    piece = std::exchange(end.inbox, {});
  } else {
    piece = end.inbox.substr(end.read, size);
    end.read += size;
    if (end.read == end.inbox.size()) {
      end.inbox.clear();
      end.read = 0;
    } else if (end.read > Net::kBuffer && end.read > end.inbox.size() / 2) {
      end.inbox.erase(0, end.read);
      end.read = 0;
    }
  }
  return piece;
}

}  // namespace weir::sim
