#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/core/files.h"

namespace weir::cluster {

enum class HttpMethod : std::uint8_t { kGet, kHead, kPost, kPut, kPatch, kDelete, kOther };

/// A part of a message as it was sent.
using TextPairs = std::vector<std::pair<std::string, std::string>>;

/// Where a request goes: "/jobs/1f/metrics?get=a,b" in its parts.
struct HttpTarget {
  std::vector<std::string> segments;  ///< decoded; none is empty, "." or "..", or has a '/', '\\' or control character
  TextPairs query;                    ///< decoded, in order

  /// The first value of that name.
  std::optional<std::string_view> parameter(std::string_view name) const;

  /// Nothing: it is malformed, or names something that no path here may.
  static std::optional<HttpTarget> parse(std::string_view text);
};

struct HttpRequest {
  HttpMethod method = HttpMethod::kOther;
  int version = 11;  ///< of HTTP: 10 or 11
  std::string raw_target;
  HttpTarget target;
  TextPairs fields;  ///< names in lower case
  std::string body;

  /// The first value of that name, in lower case.
  std::optional<std::string_view> field(std::string_view name) const;
};

/// A part of a file that is a response's body.
struct FileRange {
  std::shared_ptr<File> file;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json; charset=UTF-8";
  TextPairs fields = {};
  std::string body = {};
  std::optional<FileRange> file = std::nullopt;  ///< instead of body
};

/// Flink's form of an error: {"errors": [message]}.
HttpResponse error_response(int status, std::string_view message);

}  // namespace weir::cluster
