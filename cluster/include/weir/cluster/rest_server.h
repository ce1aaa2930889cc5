#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "weir/cluster/cluster_view.h"
#include "weir/core/host.h"
#include "weir/core/network.h"

namespace weir::cluster {

/// What a client may ask for at most. What is longer is refused before anything is allocated for it.
struct RestLimits {
  std::size_t head = 16 * 1024;                       ///< bytes of a request's line and fields
  std::uint64_t body = 1024 * 1024;                   ///< bytes of a body that is kept in memory
  std::uint64_t program = 1024ULL * 1024 * 1024;      ///< bytes of an upload
  std::size_t connections = 256;                      ///< at a time; further ones are turned away
  std::chrono::milliseconds head_time{10'000};        ///< until a head is there
  std::chrono::milliseconds body_time{30'000};        ///< until a body is there
  std::chrono::milliseconds program_time{900'000};    ///< until an upload is there
  std::chrono::milliseconds idle_time{60'000};        ///< between two requests
  std::chrono::milliseconds standstill_time{30'000};  ///< without the client taking anything of a response
};

struct RestOptions {
  Address address{"localhost", 8081};  ///< port 0: one that is free
  std::string scheme = "http";         ///< of its own URLs in answers
  /// What a request that changes something must show as `Authorization: Bearer <token>`; empty: all such are refused.
  std::string token;
  std::string web_directory;     ///< the page's files; empty: a plain page tells the routes
  std::string upload_directory;  ///< where uploads are received; needed if the view takes programs
  RestLimits limits;
};

/// Serves Flink's REST routes, the page and Prometheus' /metrics over HTTP/1.1 from a ClusterView: docs/rest.md.
///
/// Thread: control loop only. Destruction cuts what is under way.
class RestServer {
 public:
  /// Requires: `host` and `view` outlive it.
  /// Errors: ExternalError naming the address (port in use, not permitted).
  RestServer(Host& host, ClusterView& view, RestOptions options);
  ~RestServer();
  RestServer(const RestServer&) = delete;
  RestServer& operator=(const RestServer&) = delete;

  Address address() const;  ///< with the port that was chosen for port 0

  std::size_t connections() const;

  /// "GET /jobs/:jobid" and so on.
  std::vector<std::string> routes() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace weir::cluster
