#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "weir/cluster/rest_server.h"
#include "weir/sim/world.h"

#include "fake_view.h"
#include "rest_client.h"

namespace weir::cluster {

/// A server in a simulated world, whose network cuts bytes as it likes.
class RestWorld : public ::testing::Test {
 protected:
  static constexpr const char* kToken = "0123456789abcdef";
  static constexpr const char* kAuthorization = "Authorization: Bearer 0123456789abcdef\r\n";

  RestWorld() {
    options.address = {"localhost", 8081};
    options.token = kToken;
    options.web_directory = "/web";
    options.upload_directory = "/uploads";
    restart();
  }

  /// With the options as they are now.
  void restart() {
    server.reset();
    server = std::make_unique<RestServer>(world, view, options);
  }

  RestClient client() { return RestClient(world, server->address()); }

  /// On a connection of its own.
  RestReply request(const std::string& line, const std::string& fields = "", const std::string& body = "") {
    return client().request(line, fields, body);
  }
  RestReply get(const std::string& path) { return request("GET " + path); }

  void write_file(const std::string& path, std::string_view text) {
    world.blocking(
        [this, path, text = std::string(text)] {
          world.files().make_directories(path.substr(0, path.rfind('/')));
          world.files().create(path)->append(text);
        },
        [](const std::exception_ptr& error) { ASSERT_EQ(error, nullptr); });
    world.run_for(std::chrono::seconds(1));
  }

  sim::World world{1};
  FakeView view;
  RestOptions options;
  std::unique_ptr<RestServer> server;
};

inline std::string job_path(const std::string& rest) { return std::string("/jobs/") + FakeView::kJob + rest; }

}  // namespace weir::cluster
