#pragma once

#include <optional>
#include <string>

#include "weir/cluster/http_client.h"
#include "weir/host/real_host.h"

#include "job_command.h"
#include "rest/json.h"
#include "tls_settings.h"

namespace weir::cluster {

/// A cluster's REST server, as commands ask it. Blocks.
///
/// Errors: UserError with the server's own words when it refuses; ExternalError when nobody answers.
class JobClient {
 public:
  JobClient(host::RealHost& host, const ClusterAddress& cluster);

  json::value get(const std::string& target);
  json::value send(const std::string& method, const std::string& target, const std::string& body = "",
                   const std::string& content_type = "application/json");
  /// Returns the program's id.
  std::string upload(const std::string& program);

  const Address& address() const { return address_; }

 private:
  host::RealHost& host_;
  std::optional<MaybeTls> links_;
  Address address_;
  std::string token_;
};

// Fields of answers. Errors: ExternalError when they are not there.
std::string text_of(const json::value& object, const char* field);
std::int64_t number_of(const json::value& object, const char* field);

/// Nothing can change any more.
/// Errors: UserError for what cannot be the id of a job; it would be part of a path.
void check_job_id(const std::string& id);

bool is_over(const std::string& state);

}  // namespace weir::cluster
