#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/core/network.h"
#include "weir/sim/world.h"

namespace weir::cluster {

struct RestReply {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;

  std::string field(std::string_view name) const {
    for (const auto& [key, value] : fields)
      if (key == name) return value;
    return {};
  }
};

/// A client in a simulated world: sends bytes as they are, reads replies.
class RestClient {
 public:
  RestClient(sim::World& world, const Address& to) : world_(world) {
    world.network().connect(to, [this](std::unique_ptr<ByteStream> stream, const std::string& error) {
      error_ = error;
      if (!stream) {
        closed_ = true;
        return;
      }
      stream_ = std::move(stream);
      stream_->start({.on_bytes = [this](const std::string& bytes) { received_ += bytes; },
                      .on_closed =
                          [this](const std::string& reason) {
                            closed_ = true;
                            error_ = reason;
                          }});
    });
    world.run_until([this] { return stream_ || closed_; });
  }

  void send(std::string bytes) { stream_->write(std::move(bytes)); }
  void reset() { stream_.reset(); }
  void close() { stream_->close(); }
  void pause() { stream_->pause(); }
  void resume() { stream_->resume(); }
  bool closed() const { return closed_; }
  const std::string& received() const { return received_; }

  void wait_until_closed() {
    world_.run_until([this] { return closed_; });
  }

  /// The next whole reply. `with_body`: false behind a HEAD.
  RestReply reply(bool with_body = true) {
    std::optional<RestReply> reply;
    world_.run_until([&] { return (reply = take_reply(with_body)).has_value() || closed_; });
    return reply ? *reply : RestReply{};
  }

  /// One request and its reply; what is sent after the head has its length told.
  RestReply request(const std::string& line, const std::string& fields = "", const std::string& body = "") {
    std::string text = line + " HTTP/1.1\r\nHost: localhost\r\n" + fields;
    if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    send(text + "\r\n" + body);
    return reply(!line.starts_with("HEAD"));
  }

 private:
  std::optional<RestReply> take_reply(bool with_body) {
    const std::size_t end = received_.find("\r\n\r\n");
    if (end == std::string::npos) return std::nullopt;
    RestReply reply;
    reply.status = std::stoi(received_.substr(received_.find(' ') + 1, 3));
    std::size_t length = 0;
    for (std::size_t line = received_.find("\r\n"); line < end; line = received_.find("\r\n", line + 2)) {
      const std::size_t colon = received_.find(": ", line);
      reply.fields.emplace_back(received_.substr(line + 2, colon - line - 2),
                                received_.substr(colon + 2, received_.find("\r\n", line + 2) - colon - 2));
      if (reply.fields.back().first == "Content-Length") length = std::stoul(reply.fields.back().second);
    }
    if (!with_body || reply.status == 304 || reply.status == 100) length = 0;
    if (received_.size() < end + 4 + length) return std::nullopt;
    reply.body = received_.substr(end + 4, length);
    received_.erase(0, end + 4 + length);
    return reply;
  }

  sim::World& world_;
  std::unique_ptr<ByteStream> stream_;
  bool closed_ = false;
  std::string error_;
  std::string received_;
};

}  // namespace weir::cluster
