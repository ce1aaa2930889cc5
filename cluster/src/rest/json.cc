#include "rest/json.h"

#include <algorithm>
#include <cmath>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "weir/core/check.h"
#include "weir/core/error.h"

namespace weir::cluster {
namespace {

/// How many bytes at the front of `text` are one UTF-8 character; 0: none is.
std::size_t utf8_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t size = first >= 0xc2 && first < 0xe0   ? 2
                           : first >= 0xe0 && first < 0xf0 ? 3
                           : first >= 0xf0 && first < 0xf5 ? 4
                                                           : 0;
  if (size == 0 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  const bool overlong = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xf0 && byte(1) < 0x90);
  const bool beyond = (first == 0xed && byte(1) > 0x9f) || (first == 0xf4 && byte(1) > 0x8f);
  return overlong || beyond ? 0 : size;
}

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
