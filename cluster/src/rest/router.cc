#include "rest/router.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "weir/core/check.h"
#include "weir/core/error.h"

namespace weir::cluster {
namespace {

std::vector<std::string> split_pattern(std::string_view pattern) {
  std::vector<std::string> segments;
  while (!pattern.empty()) {
    pattern.remove_prefix(1);  // '/'
    const std::size_t end = std::min(pattern.find('/'), pattern.size());
    if (end > 0) segments.emplace_back(pattern.substr(0, end));
    pattern.remove_prefix(end);
  }
  return segments;
}

bool is_name(const std::string& segment) { return segment.starts_with(':'); }

bool fits(const std::vector<std::string>& pattern, const std::vector<std::string>& segments) {
  return std::equal(pattern.begin(), pattern.end(), segments.begin(), segments.end(),
                    [](const auto& expected, const auto& there) { return is_name(expected) || expected == there; });
}

/// Requires: both fit the same segments.
bool is_more_literal(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  for (std::size_t i = 0; i < a.size(); ++i)
    if (is_name(a[i]) != is_name(b[i])) return is_name(b[i]);
  return false;
}

}  // namespace

const std::string& RestRequest::at(std::string_view name) const {
  const auto found = std::find_if(names_.begin(), names_.end(), [&](const auto& pair) { return pair.first == name; });
  WEIR_CHECK(found != names_.end(), name);
  return found->second;
}

std::optional<std::string_view> RestRequest::query(std::string_view name) const {
  const auto value = http_.target.parameter(name);
  return value && !value->empty() ? value : std::nullopt;
}

std::vector<std::string> RestRequest::query_list(std::string_view name) const {
  std::vector<std::string> values;
  for (const auto& [key, text] : http_.target.query) {
    if (key != name) continue;
    std::string_view left = text;
    while (!left.empty()) {
      const std::size_t end = std::min(left.find(','), left.size());
      if (end > 0) values.emplace_back(left.substr(0, end));
      left.remove_prefix(std::min(end + 1, left.size()));
    }
  }
  return values;
}

bool RestRequest::query_flag(std::string_view name) const {
  const auto value = query(name);
  if (!value || *value == "false") return false;
  if (*value == "true") return true;
  throw RestError(400, fmt::format("the query parameter '{}' must be true or false, not '{}'", name, *value));
}

void Router::add(Route route) {
  auto segments = split_pattern(route.pattern);
  entries_.push_back({std::move(route), std::move(segments)});
}

void Router::get(std::string pattern, std::function<json::value(const RestRequest&)> answer) {
  add({.pattern = std::move(pattern),
       .handle = [answer = std::move(answer)](const RestRequest& request, const Answer& done) {
         done(json_response(200, answer(request)));
       }});
}

Router::Found Router::find(HttpMethod method, const std::vector<std::string>& segments) const {
  if (method == HttpMethod::kHead) method = HttpMethod::kGet;
  const Entry* best = nullptr;
  for (const Entry& entry : entries_)
    if (fits(entry.segments, segments) && (best == nullptr || is_more_literal(entry.segments, best->segments)))
      best = &entry;
  if (best == nullptr) return {};
  Found found;
  for (const Entry& entry : entries_) {
    if (entry.segments != best->segments) continue;
    if (entry.route.method == method) {
      found.route = &entry.route;
      for (std::size_t i = 0; i < segments.size(); ++i)
        if (is_name(entry.segments[i])) found.names.emplace_back(entry.segments[i].substr(1), segments[i]);
      return found;
    }
    if (!found.allowed.empty()) found.allowed += ", ";
    found.allowed += to_string(entry.route.method);
    if (entry.route.method == HttpMethod::kGet) found.allowed += ", HEAD";
  }
  return found;
}

std::vector<std::string> Router::patterns() const {
  std::vector<std::string> patterns;
  for (const Entry& entry : entries_)
    patterns.push_back(fmt::format("{} {}", to_string(entry.route.method), entry.route.pattern));
  return patterns;
}

HttpResponse response_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const RestError& wrong) {
    return error_response(wrong.status(), wrong.what());
  } catch (const Error& wrong) {
    return error_response(wrong.domain() == Domain::kUser ? 400 : 500, wrong.what());
  } catch (const std::exception& wrong) {
    return error_response(500, wrong.what());
  }
}

void guard(const Answer& answer, const std::function<void()>& handle) {
  try {
    handle();
  } catch (const std::exception&) {
    answer(response_of(std::current_exception()));
  }
}

HttpResponse json_response(int status, const json::value& value) {
  HttpResponse response;
  response.status = status;
  response.body = json_text(value);
  return response;
}

const char* to_string(HttpMethod method) {
  switch (method) {
    case HttpMethod::kGet:
      return "GET";
    case HttpMethod::kHead:
      return "HEAD";
    case HttpMethod::kPost:
      return "POST";
    case HttpMethod::kPut:
      return "PUT";
    case HttpMethod::kPatch:
      return "PATCH";
    case HttpMethod::kDelete:
      return "DELETE";
    case HttpMethod::kOther:
      break;
  }
  return "another method";
}

}  // namespace weir::cluster
