#include "http/message.h"

#include "rest/json.h"

namespace weir::cluster {
namespace {

template <class Pairs>
std::optional<std::string_view> find(const Pairs& pairs, std::string_view name) {
  for (const auto& [key, value] : pairs)
    if (key == name) return value;
  return std::nullopt;
}

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

enum class Plus : std::uint8_t { kPlus, kSpace };

std::optional<std::string> decode(std::string_view text, Plus plus) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus == Plus::kSpace) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      if (text.size() - i < 3) return std::nullopt;
      const int high = digit(text[i + 1]);
      const int low = digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

bool is_fit_segment(std::string_view segment) {
  if (segment == "." || segment == "..") return false;
  for (const char c : segment)
    if (c == '/' || c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  return true;
}

/// Calls take(part) for each part of text between separators; false as soon as take says so.
template <class Take>
bool split(std::string_view text, char separator, Take take) {
  while (!text.empty()) {
    const std::size_t end = text.find(separator);
    if (!take(text.substr(0, end))) return false;
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return true;
}

}  // namespace

std::optional<std::string_view> HttpTarget::parameter(std::string_view name) const { return find(query, name); }

std::optional<std::string_view> HttpRequest::field(std::string_view name) const { return find(fields, name); }

std::optional<HttpTarget> HttpTarget::parse(std::string_view text) {
  // A proxy's form, "http://host/path", means the same.
  if (text.starts_with("http://")) {
    const std::size_t path = text.find('/', 7);
    text.remove_prefix(path == std::string_view::npos ? text.size() : path);
    if (text.empty()) text = "/";
  }
  text = text.substr(0, text.find('#'));
  if (!text.starts_with('/')) return std::nullopt;
  const std::size_t question = text.find('?');
  HttpTarget target;
  const bool path_is_fit = split(text.substr(1, question == std::string_view::npos ? question : question - 1), '/',
                                 [&](std::string_view part) {
                                   if (part.empty()) return true;
                                   auto segment = decode(part, Plus::kPlus);
                                   if (!segment || !is_fit_segment(*segment)) return false;
                                   target.segments.push_back(*std::move(segment));
                                   return true;
                                 });
  if (!path_is_fit) return std::nullopt;
  if (question == std::string_view::npos) return target;
  const bool query_is_fit = split(text.substr(question + 1), '&', [&](std::string_view part) {
    if (part.empty()) return true;
    const std::size_t equals = part.find('=');
    auto name = decode(part.substr(0, equals), Plus::kSpace);
    auto value = decode(equals == std::string_view::npos ? "" : part.substr(equals + 1), Plus::kSpace);
    if (!name || !value) return false;
    target.query.emplace_back(*std::move(name), *std::move(value));
    return true;
  });
  if (!query_is_fit) return std::nullopt;
  return target;
}

HttpResponse error_response(int status, std::string_view message) {
  HttpResponse response;
  response.status = status;
  response.body = json_text({{"errors", json::array{utf8(message)}}});
  return response;
}

}  // namespace weir::cluster
