// What a client of the REST server sends, in a simulated world: requests of any form, to every route.

#include <chrono>
#include <memory>
#include <string>

#include "weir/cluster/rest_server.h"
#include "weir/core/check.h"
#include "weir/sim/world.h"

#include "cluster/fake_view.h"
#include "cluster/rest_client.h"
#include "fuzz_target.h"

namespace weir::cluster {
namespace {

constexpr std::string_view kToken = "fuzz-token-fuzz-token";

class ServedWorld {
 public:
  ServedWorld() {
    view_.programs_allowed = true;
    RestOptions options;
    options.address = {"localhost", 8081};
    options.token = kToken;
    options.web_directory = "/web";
    options.upload_directory = "/uploads";
    world_.blocking(
        [this] {
          world_.files().make_directories("/web");
          world_.files().create("/web/index.html")->append("page");
        },
        [](const std::exception_ptr& error) { WEIR_CHECK(error == nullptr); });
    world_.run_for(std::chrono::milliseconds(10));
    server_ = std::make_unique<RestServer>(world_, view_, options);
  }

  void send(std::string_view bytes, std::size_t piece) {
    RestClient client(world_, server_->address());
    for (std::size_t at = 0; at < bytes.size() && !client.closed(); at += piece) {
      client.send(std::string(bytes.substr(at, piece)));
      world_.run_for(std::chrono::milliseconds(1));
    }
    world_.run_for(std::chrono::milliseconds(100));
    WEIR_CHECK(client.received().empty() || client.received().starts_with("HTTP/1.1 "), client.received());
    // Nobody changes anything who does not know the token.
    if (bytes.find(kToken) == std::string_view::npos) WEIR_CHECK(view_.calls.empty() && view_.runs.empty());
    if (!client.closed()) client.reset();
    world_.run_for(std::chrono::seconds(40));
    WEIR_CHECK(server_->connections() == 0, server_->connections());
  }

 private:
  sim::World world_{1};
  FakeView view_;
  std::unique_ptr<RestServer> server_;
};

}  // namespace
}  // namespace weir::cluster

/// The first byte tells how many bytes a packet has, but for 0: all at once.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t piece = data[0] == 0 ? size : data[0];
  weir::cluster::ServedWorld().send(weir::fuzz::text_of(data + 1, size - 1), piece);
  return 0;
}
