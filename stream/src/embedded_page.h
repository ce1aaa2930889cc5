#pragma once

#include <memory>
#include <string>

#include "weir/cluster/rest_server.h"
#include "weir/core/host.h"
#include "weir/runtime/local_job.h"
#include "weir/stream/configuration.h"

#include "embedded_view.h"

namespace weir::detail {

/// The page and REST routes of the job in this process.
class EmbeddedPage {
 public:
  /// Reads the token's file and looks for the page's files. Blocks; not on the control loop.
  /// Requires: `host` and `job` outlive it; the configuration has a page.
  /// Errors: UsageError naming the flag; ExternalError (the file cannot be read).
  EmbeddedPage(Host& host, runtime::LocalJob& job, const std::string& name, const Configuration& configuration);

  /// Begins to serve and returns the page's URL. Blocks; not on the control loop.
  /// Errors: ExternalError naming the address (port in use).
  std::string start();

  /// Serves no more. Control loop only.
  void stop() { server_.reset(); }

 private:
  Host& host_;
  EmbeddedView view_;
  cluster::RestOptions options_;
  std::unique_ptr<cluster::RestServer> server_;  ///< made and destroyed on the control loop
};

}  // namespace weir::detail
