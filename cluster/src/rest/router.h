#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "http/connection.h"
#include "http/message.h"
#include "rest/json.h"

namespace weir::cluster {

/// What a route answers instead of its result.
class RestError : public std::runtime_error {
 public:
  RestError(int status, const std::string& message) : std::runtime_error(message), status_(status) {}
  int status() const { return status_; }

 private:
  int status_;
};

/// A request, and what stands in it for the ":names" of its route.
class RestRequest {
 public:
  RestRequest(const HttpRequest& http, TextPairs names) : http_(http), names_(std::move(names)) {}

  const HttpRequest& http() const { return http_; }

  /// Requires: the route has the name.
  const std::string& at(std::string_view name) const;

  /// A value of the query; empty parameters count as absent.
  std::optional<std::string_view> query(std::string_view name) const;
  /// A list "a,b,c" in the query; parameters of the same name add to it.
  std::vector<std::string> query_list(std::string_view name) const;
  /// Errors: RestError 400 if it is neither true nor false.
  bool query_flag(std::string_view name) const;

 private:
  const HttpRequest& http_;
  TextPairs names_;
};

enum class Access : std::uint8_t {
  kReads,
  kChanges,  ///< needs the token
};

struct Route {
  HttpMethod method = HttpMethod::kGet;
  std::string pattern;  ///< "/jobs/:jobid"
  Access access = Access::kReads;
  std::function<void(const RestRequest&, const Answer&)> handle = {};
  /// Instead of `handle`, of a route with a sink.
  std::function<void(const RestRequest&, BodySink&, const Answer&)> handle_upload = {};
  /// Of a route whose body is an upload: what takes it, once the head is there. May throw as `handle`.
  std::function<std::shared_ptr<BodySink>(const RestRequest&)> sink = {};
};

/// Finds the route of a request.
class Router {
 public:
  void add(Route route);

  /// A route that answers at once, with 200 and JSON.
  void get(std::string pattern, std::function<json::value(const RestRequest&)> answer);

  struct Found {
    const Route* route = nullptr;  ///< null: none
    TextPairs names;               ///< what stands for the pattern's
    std::string allowed;           ///< without a route: the methods that the path has; empty: there is no such path
  };

  /// Among several patterns that fit, the one with the earlier literal wins. HEAD is served by GET's.
  Found find(HttpMethod method, const std::vector<std::string>& segments) const;

  std::vector<std::string> patterns() const;  ///< "GET /jobs", in the order of adding

 private:
  struct Entry {
    Route route;
    std::vector<std::string> segments;
  };
  std::vector<Entry> entries_;
};

/// Runs a route's handler; what it throws becomes an answer: RestError its status, UserError 400, the rest 500.
void guard(const Answer& answer, const std::function<void()>& handle);
HttpResponse response_of(const std::exception_ptr& error);

/// A response with JSON.
HttpResponse json_response(int status, const json::value& value);

/// "GET".
const char* to_string(HttpMethod method);

}  // namespace weir::cluster
