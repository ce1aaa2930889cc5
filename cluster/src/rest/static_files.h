#pragma once

#include <string>

#include "weir/core/host.h"

#include "http/connection.h"
#include "http/message.h"

namespace weir::cluster {

/// The page's files, below one directory; "/" is index.html. Control loop only; files are read by helpers.
class StaticFiles {
 public:
  /// `directory`: empty, or one that does not exist: "/" is a plain page. Requires: `host` outlives it.
  StaticFiles(Host& host, std::string directory) : host_(host), directory_(std::move(directory)) {}

  /// Answers a GET or HEAD.
  void serve(const HttpRequest& request, const Answer& answer) const;

 private:
  Host& host_;
  const std::string directory_;
};

}  // namespace weir::cluster
