#include "weir/cluster/rest_server.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "http/connection.h"
#include "http/response_head.h"
#include "rest/router.h"
#include "rest/routes.h"
#include "rest/static_files.h"

namespace weir::cluster {
namespace {

/// Compares in a time that tells nothing of where texts differ.
bool is_same_secret(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned char>(a[i] ^ b[i]);
  return difference == 0;
}

/// "localhost" of "localhost:8081", "[::1]" of "[::1]:8081".
std::string_view host_name(std::string_view field) {
  const std::size_t bracket = field.find(']');
  const std::size_t colon = field.find(':', bracket == std::string_view::npos ? 0 : bracket);
  return field.substr(0, colon);
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host.starts_with("127.") || host == "[::1]" || host == "::1";
}

}  // namespace

class RestServer::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(Host& host, ClusterView& view, RestOptions options)
      : host_(host),
        view_(view),
        options_(std::move(options)),
        rates_(host, view),
        static_files_(host, options_.web_directory) {
    add_cluster_routes(router_, view_);
    add_job_routes(router_, view_);
    add_checkpoint_routes(router_, view_);
    add_state_routes(router_, view_);
    add_vertex_routes(router_, view_, rates_);
    add_task_manager_routes(router_, view_, host_);
    add_prometheus_route(router_, view_, rates_);
    add_operation_routes(router_, view_);
    add_program_routes(router_, view_, host_, options_);
  }

  ~Impl() {
    for (const auto& connection : connections_) connection->stop();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void listen() {
    listener_ = host_.network().listen(options_.address, [weak = weak_from_this()](std::unique_ptr<ByteStream> stream) {
      if (const auto self = weak.lock()) self->accepted(std::move(stream));
    });
  }

  Address address() const { return listener_->address(); }
  std::size_t connections() const { return connections_.size(); }
  std::vector<std::string> routes() const { return router_.patterns(); }

 private:
  void accepted(std::unique_ptr<ByteStream> stream) {
    if (connections_.size() >= options_.limits.connections) {
      HttpResponse response = error_response(503, "too many connections: try again later");
      stream->write(response_head(response, AfterResponse::kCloses) + response.body);
      return stream->close();
    }
    const auto connection = std::make_shared<HttpConnection>(
        host_, options_.limits, std::move(stream), [this](const HttpRequest& head) { return receive(head); },
        [this](HttpConnection& over) { connections_.erase(over.shared_from_this()); });
    connections_.insert(connection);
    connection->start();
  }

  Reception receive(const HttpRequest& head) {
    if (auto refusal = refuse_host(head)) return Reception::refuse(*std::move(refusal));
    const auto found = std::make_shared<const Router::Found>(router_.find(head.method, head.target.segments));
    if (found->route == nullptr) return receive_without_route(head, *found);
    const Route& route = *found->route;
    if (route.access == Access::kChanges)
      if (auto refusal = refuse_stranger(head)) return Reception::refuse(*std::move(refusal));
    Reception reception;
    reception.body_limit = options_.limits.body;
    if (route.sink) {
      reception.body_limit = options_.limits.program;
      try {
        reception.sink = route.sink(RestRequest(head, found->names));
      } catch (const std::exception&) {
        return Reception::refuse(response_of(std::current_exception()));
      }
    }
    // The connection holds the sink; a sink that held itself would never go.
    reception.handle = [found, sink = std::weak_ptr(reception.sink)](const HttpRequest& request, const Answer& answer) {
      guard(answer, [&] {
        const RestRequest rest(request, found->names);
        const auto body = sink.lock();
        body ? found->route->handle_upload(rest, *body, answer) : found->route->handle(rest, answer);
      });
    };
    return reception;
  }

  Reception receive_without_route(const HttpRequest& head, const Router::Found& found) {
    const bool reads = head.method == HttpMethod::kGet || head.method == HttpMethod::kHead;
    if (!found.allowed.empty() || !reads) {
      if (found.allowed.empty())
        return Reception::refuse(error_response(404, fmt::format("Not found: {}", path(head))));
      HttpResponse response =
          error_response(405, fmt::format("{} is not possible here, but {}", to_string(head.method), found.allowed));
      response.fields.emplace_back("Allow", found.allowed);
      return Reception::refuse(std::move(response));
    }
    Reception reception;
    reception.handle = [this](const HttpRequest& request, const Answer& answer) {
      static_files_.serve(request, answer);
    };
    return reception;
  }

  static std::string path(const HttpRequest& head) { return head.raw_target.substr(0, head.raw_target.find('?')); }

  /// On a loopback address, a page of elsewhere that got the browser to take its name for ours is turned away.
  std::optional<HttpResponse> refuse_host(const HttpRequest& head) const {
    const auto hosts =
        std::count_if(head.fields.begin(), head.fields.end(), [](const auto& field) { return field.first == "host"; });
    if (hosts > 1 || (hosts == 0 && head.version >= 11))
      return error_response(400, "malformed request: it must have one field Host");
    const auto host = head.field("host");
    if (!host || !is_loopback(options_.address.host)) return std::nullopt;
    if (is_loopback(host_name(*host))) return std::nullopt;
    return error_response(403, fmt::format("'{}' is not where this is reached: use localhost", *host));
  }

  std::optional<HttpResponse> refuse_stranger(const HttpRequest& head) const {
    constexpr std::string_view kScheme = "Bearer ";
    const auto credentials = head.field("authorization").value_or("");
    if (!options_.token.empty() && credentials.starts_with(kScheme) &&
        is_same_secret(credentials.substr(kScheme.size()), options_.token))
      return std::nullopt;
    HttpResponse response = error_response(
        401, options_.token.empty() ? "nothing can be changed from here: no token was set when this was started"
                                    : "what changes something needs the header 'Authorization: Bearer <token>'");
    response.fields.emplace_back("WWW-Authenticate", "Bearer realm=\"weir\"");
    return response;
  }

  Host& host_;
  ClusterView& view_;
  const RestOptions options_;
  const Rates rates_;
  Router router_;
  StaticFiles static_files_;
  std::unique_ptr<Listener> listener_;
  std::set<std::shared_ptr<HttpConnection>> connections_;
};

RestServer::RestServer(Host& host, ClusterView& view, RestOptions options)
    : impl_(std::make_shared<Impl>(host, view, std::move(options))) {
  impl_->listen();
}

RestServer::~RestServer() = default;

Address RestServer::address() const { return impl_->address(); }
std::size_t RestServer::connections() const { return impl_->connections(); }
std::vector<std::string> RestServer::routes() const { return impl_->routes(); }

}  // namespace weir::cluster
