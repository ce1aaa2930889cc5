#include "http/multipart.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "weir/core/error.h"

namespace weir::cluster {
namespace {

constexpr std::size_t kHeadLimit = 4 * 1024;
constexpr std::size_t kBoundaryLimit = 70;  // RFC 2046

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

/// The value of `name` in "form-data; name=a; filename=\"b c\"", quoted or not.
std::optional<std::string> parameter(std::string_view field, std::string_view name) {
  std::size_t at = field.find(';');
  while (at != std::string_view::npos) {
    at = field.find_first_not_of("; \t", at);
    if (at == std::string_view::npos) return std::nullopt;
    const std::size_t equals = field.find('=', at);
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string key = lower_case(field.substr(at, equals - at));
    std::string value;
    if (equals + 1 < field.size() && field[equals + 1] == '"') {
      at = equals + 2;
      for (; at < field.size() && field[at] != '"'; ++at) {
        if (field[at] == '\\' && at + 1 < field.size()) ++at;
        value += field[at];
      }
      if (at == field.size()) return std::nullopt;
      at = field.find(';', at);
    } else {
      const std::size_t end = std::min(field.find(';', equals), field.size());
      value = field.substr(equals + 1, end - equals - 1);
      value.erase(value.find_last_not_of(" \t") + 1);
      at = end == field.size() ? std::string_view::npos : end;
    }
    if (key == name) return value;
  }
  return std::nullopt;
}

FormPart parse_head(std::string_view head) {
  constexpr std::string_view kField = "content-disposition:";
  while (!head.empty()) {
    const std::size_t end = std::min(head.find("\r\n"), head.size());
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(end + 2, head.size()));
    if (!lower_case(line).starts_with(kField)) continue;
    auto name = parameter(line, "name");
    if (!name) break;
    return {*std::move(name), parameter(line, "filename")};
  }
  throw UserError("malformed form: a part has no Content-Disposition with a name");
}

}  // namespace

std::optional<std::string> multipart_boundary(std::string_view content_type) {
  if (!lower_case(content_type).starts_with("multipart/form-data")) return std::nullopt;
  auto boundary = parameter(content_type, "boundary");
  if (!boundary || boundary->empty() || boundary->size() > kBoundaryLimit) return std::nullopt;
  return boundary;
}

MultipartParser::MultipartParser(const std::string& boundary, Events events)
    // The first boundary has no line before it: as if there were one.
    : delimiter_("\r\n--" + boundary), events_(std::move(events)), kept_("\r\n") {}

void MultipartParser::put(std::string_view bytes) {
  kept_ += bytes;
  while (step()) {
  }
}

/// Whether it came further.
bool MultipartParser::step() {
  switch (state_) {
    case State::kBefore:
      return skip_to_boundary();
    case State::kBoundaryEnd:
      return read_boundary_end();
    case State::kHead:
      return read_head();
    case State::kBody:
      return read_body();
    case State::kBehind:
      kept_.clear();
      return false;
  }
  return false;
}

bool MultipartParser::skip_to_boundary() {
  const std::size_t at = kept_.find(delimiter_);
  if (at == std::string::npos) {
    if (kept_.size() > kHeadLimit) throw UserError("malformed form: it does not begin with its boundary");
    return false;
  }
  kept_.erase(0, at + delimiter_.size());
  state_ = State::kBoundaryEnd;
  return true;
}

bool MultipartParser::read_boundary_end() {
  if (kept_.size() < 2) return false;
  const bool last = kept_.starts_with("--");
  if (!last && !kept_.starts_with("\r\n")) throw UserError("malformed form: something follows a boundary");
  // The line's end may be that of an empty head.
  if (last) kept_.erase(0, 2);
  state_ = last ? State::kBehind : State::kHead;
  return true;
}

bool MultipartParser::read_head() {
  const std::size_t end = kept_.find("\r\n\r\n");
  if (end == std::string::npos || end > kHeadLimit) {
    if (kept_.size() > kHeadLimit) throw UserError("malformed form: the head of a part is too long");
    return false;
  }
  const FormPart part = parse_head(std::string_view(kept_).substr(0, end));
  kept_.erase(0, end + 4);
  state_ = State::kBody;
  events_.begin(part);
  return true;
}

bool MultipartParser::read_body() {
  const std::size_t at = kept_.find(delimiter_);
  if (at != std::string::npos) {
    if (at > 0) events_.bytes(std::string_view(kept_).substr(0, at));
    kept_.erase(0, at + delimiter_.size());
    state_ = State::kBoundaryEnd;
    return true;
  }
  // The rest may be the beginning of a boundary.
  const std::size_t sure = kept_.size() - std::min(kept_.size(), delimiter_.size() - 1);
  if (sure > 0) {
    events_.bytes(std::string_view(kept_).substr(0, sure));
    kept_.erase(0, sure);
  }
  return false;
}

}  // namespace weir::cluster
