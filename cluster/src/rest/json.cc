#include "rest/json.h"

#include <algorithm>
#include <cmath>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "weir/core/check.h"
#include "weir/core/error.h"

#include "utf8.h"

namespace weir::cluster {
namespace {

void write(const json::value& value, std::string& out);

void write(const json::object& object, std::string& out) {
  out += '{';
  for (const auto& [key, value] : object) {
    if (out.back() != '{') out += ',';
    out += json::serialize(json::string_view(key));
    out += ':';
    write(value, out);
  }
  out += '}';
}

void write(const json::array& array, std::string& out) {
  out += '[';
  for (const json::value& value : array) {
    if (out.back() != '[') out += ',';
    write(value, out);
  }
  out += ']';
}

/// 0.5 and 2.0, where Boost.JSON has 5E-1 and 2E0.
void write(double number, std::string& out) {
  WEIR_CHECK(std::isfinite(number), number);
  constexpr double kPlain = 1e15;
  const bool is_whole = std::abs(number) < kPlain && number == std::trunc(number);
  out += is_whole ? fmt::format("{:.1f}", number) : fmt::format("{}", number);
}

void write(const json::value& value, std::string& out) {
  switch (value.kind()) {
    case json::kind::object:
      return write(value.get_object(), out);
    case json::kind::array:
      return write(value.get_array(), out);
    case json::kind::double_:
      return write(value.get_double(), out);
    default:
      out += json::serialize(value);
  }
}

}  // namespace

json::string utf8(std::string_view text) {
  json::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t size = utf8_character(text);
    out += size == 0 ? std::string_view("\xef\xbf\xbd") : text.substr(0, size);
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return out;
}

std::string json_text(const json::value& value) {
  std::string out;
  write(value, out);
  return out;
}

json::object parse_json_object(std::string_view body) {
  if (body.find_first_not_of(" \t\r\n") == std::string_view::npos) return {};
  json::parse_options options;
  options.max_depth = 16;
  boost::system::error_code error;
  json::value value = json::parse(body, error, {}, options);
  if (error) throw UserError(fmt::format("the request's body is no JSON: {}", error.message()));
  if (!value.is_object()) throw UserError("the request's body must be a JSON object");
  return std::move(value.get_object());
}

}  // namespace weir::cluster
