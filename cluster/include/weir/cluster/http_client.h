#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "weir/core/host.h"
#include "weir/core/network.h"
#include "weir/core/time.h"

namespace weir::cluster {

/// A question to a REST server.
struct HttpCall {
  std::string method = "GET";
  std::string target;  ///< "/jobs/overview"
  std::string token;   ///< empty: none
  std::string content_type;
  std::string body;
};

struct HttpReply {
  int status = 0;
  std::string body;
};

/// Asks and waits for the reply, each time over a connection of its own. Not from the control loop.
/// Errors: ExternalError naming the address when nobody is there, or when it says nothing for `silence`.
HttpReply http_call(Host& host, const Address& to, const HttpCall& call, Duration silence = Duration{60'000});

}  // namespace weir::cluster
