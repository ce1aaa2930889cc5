#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "weir/cluster/exchange_door.h"
#include "weir/core/check.h"
#include "weir/sim/world.h"

namespace weir::cluster {

/// Where a process takes the connections of others, to which somebody says something. Who does not know the secret gets
/// nowhere.
class GreetedDoor {
 public:
  static constexpr std::string_view kSecret = "secret-of-the-attempt";

  void read(std::string_view bytes, std::size_t piece) {
    const bool knows = bytes.find(kSecret) != std::string_view::npos;
    door_.open_for(1, [this, knows](std::uint32_t, std::shared_ptr<ExchangeLink> link) {
      WEIR_CHECK(knows, "a connection was taken without the secret");
      link->bind({[](const std::string&) {}, [](const std::string&) {}});
      link_ = std::move(link);
    });
    const ExchangeAddress at = door_.address();
    world_.network().connect({at.host, at.port}, [this](std::unique_ptr<ByteStream> stream, const std::string&) {
      stream_ = std::move(stream);
    });
    world_.run_for(std::chrono::milliseconds(100));
    if (stream_ == nullptr) return;
    for (std::size_t at_byte = 0; at_byte < bytes.size(); at_byte += piece) {
      stream_->write(std::string(bytes.substr(at_byte, piece)));
      world_.run_for(std::chrono::milliseconds(1));
    }
    stream_->close();
    world_.run_for(std::chrono::seconds(1));
  }

 private:
  sim::World world_{1};
  std::unique_ptr<ByteStream> stream_;
  std::shared_ptr<ExchangeLink> link_;
  ExchangeDoor door_{world_, Address{"localhost", 0}, JobProcess{{"job", 7}, std::string(kSecret), 0}};
};

}  // namespace weir::cluster
