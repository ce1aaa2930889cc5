#include "job_client.h"

#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include "weir/core/error.h"

#include "cluster_directory.h"

namespace weir::cluster {
namespace {

std::string refusal_of(const HttpReply& reply) {
  boost::system::error_code error;
  const json::value body = json::parse(reply.body, error);
  if (!error && body.is_object()) {
    const json::value* errors = body.as_object().if_contains("errors");
    if (errors != nullptr && errors->is_array() && !errors->as_array().empty() && errors->as_array()[0].is_string())
      return std::string(errors->as_array()[0].as_string());
  }
  return fmt::format("the cluster answers with status {}", reply.status);
}

[[noreturn]] void throw_without(const char* field) {
  throw ExternalError(fmt::format("the cluster's answer has no '{}': is it of another version?", field));
}

/// With what to check the page's certificate; nothing: the page is not TLS.
std::optional<std::string> ca_of(const ClusterAddress& cluster, const ClusterDirectory& directory,
                                 const Address& address) {
  if (!cluster.tls_ca.empty()) return cluster.tls_ca;
  const auto own = directory.rest_address();
  if (cluster.job_manager.empty() || (own && own->host == address.host && own->port == address.port))
    return directory.rest_ca();
  return std::nullopt;
}

}  // namespace

JobClient::JobClient(host::RealHost& host, const ClusterAddress& cluster) : host_(host) {
  const ClusterDirectory directory(host.files(), cluster.directory);
  token_ = directory.token().value_or("");
  address_ = !cluster.job_manager.empty() ? parse_address("-m", cluster.job_manager)
                                          : directory.rest_address().value_or(Address{"localhost", 8081});
  const auto ca = ca_of(cluster, directory, address_);
  if (!ca && !is_loopback(address_.host))
    throw UsageError(
        fmt::format("-m {}: the token would be sent there unencrypted: name the CA of its page with --tls-ca",
                    weir::to_string(address_)));
  links_.emplace(host, host::TlsKind::kClient, ca ? std::optional(host::TlsFiles{"", "", *ca}) : std::nullopt);
}

json::value JobClient::get(const std::string& target) { return send("GET", target); }

json::value JobClient::send(const std::string& method, const std::string& target, const std::string& body,
                            const std::string& content_type) {
  HttpReply reply;
  try {
    reply = http_call(links_->host(), address_, {method, target, token_, body.empty() ? "" : content_type, body});
  } catch (const ExternalError& error) {
    throw ExternalError(fmt::format(
        "{}; start a cluster with weir cluster start, or name one with -m HOST:PORT or --dir", error.what()));
  }
  constexpr int kUnauthorized = 401;
  if (reply.status == kUnauthorized)
    throw UserError(
        fmt::format("{} does not take the token of this directory: name the cluster's own directory with "
                    "--dir",
                    weir::to_string(address_)));
  if (reply.status >= 300) throw UserError(refusal_of(reply));
  boost::system::error_code error;
  json::value answer = json::parse(reply.body, error);
  if (error) throw ExternalError(fmt::format("{} does not answer as a cluster does", weir::to_string(address_)));
  return answer;
}

std::string JobClient::upload(const std::string& program) {
  const auto file = host_.files().open_for_read(program);
  std::string bytes(file->size(), '\0');
  bytes.resize(file->read_at(0, bytes.data(), bytes.size()));
  const std::string boundary = fmt::format("weir-{:016x}{:016x}", host_.random(), host_.random());
  const std::string name = program.substr(program.rfind('/') + 1);
  std::string body = fmt::format(
      "--{}\r\nContent-Disposition: form-data; name=\"jarfile\"; filename=\"{}\"\r\nContent-Type: "
      "application/octet-stream\r\n\r\n",
      boundary, name);
  body += bytes;
  body += fmt::format("\r\n--{}--\r\n", boundary);
  const json::value answer = send("POST", "/jars/upload", body, "multipart/form-data; boundary=" + boundary);
  const std::string stored = text_of(answer, "filename");
  return stored.substr(stored.rfind('/') + 1);
}

void check_job_id(const std::string& id) {
  if (id.size() != 32 || id.find_first_not_of("0123456789abcdef") != std::string::npos)
    throw UserError(
        fmt::format("'{}' is no job id: it must be 32 hex digits in lower case, as weir list shows it", id));
}

std::string text_of(const json::value& object, const char* field) {
  const json::value* found = object.is_object() ? object.as_object().if_contains(field) : nullptr;
  if (found == nullptr || !found->is_string()) throw_without(field);
  return std::string(found->as_string());
}

std::int64_t number_of(const json::value& object, const char* field) {
  const json::value* found = object.is_object() ? object.as_object().if_contains(field) : nullptr;
  if (found == nullptr || !found->is_number()) throw_without(field);
  return found->to_number<std::int64_t>();
}

bool is_over(const std::string& state) { return state == "FINISHED" || state == "FAILED" || state == "CANCELED"; }

}  // namespace weir::cluster
