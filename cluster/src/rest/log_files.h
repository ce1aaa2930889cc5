#pragma once

#include <string>
#include <vector>

#include "weir/core/host.h"

#include "http/connection.h"
#include "http/message.h"

// Log files, as text, whole or in part (Range). Which files can be asked for is said by the view alone: a name in a
// path is compared with theirs and never becomes part of one.

namespace weir::cluster {

/// `path` empty: 404. Requires: `host` outlives the answer.
void send_log(Host& host, const std::string& path, const HttpRequest& request, const Answer& answer);

/// {"logs": [{"name", "size"}]} of those that exist; empty paths are passed over.
void list_logs(Host& host, const std::vector<std::string>& paths, const Answer& answer);

/// The path whose last part is `name`. Errors: RestError 404.
std::string log_named(const std::string& name, const std::vector<std::string>& paths);

}  // namespace weir::cluster
