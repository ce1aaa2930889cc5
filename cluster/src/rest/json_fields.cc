#include "rest/json_fields.h"

#include <fmt/format.h>

#include "rest/router.h"

namespace weir::cluster {
namespace {

/// Null: absent.
const json::value* find(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

[[noreturn]] void refuse(std::string_view name, std::string_view expected) {
  throw RestError(400, fmt::format("'{}' in the request's body must be {}", name, expected));
}

std::string text_of(const json::string& text) { return std::string(text.data(), text.size()); }

}  // namespace

std::optional<std::string> text_field(const json::object& object, std::string_view name) {
  const json::value* value = find(object, name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) refuse(name, "a text");
  return text_of(value->get_string());
}

std::optional<bool> flag_field(const json::object& object, std::string_view name) {
  const json::value* value = find(object, name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_bool()) refuse(name, "true or false");
  return value->get_bool();
}

std::optional<std::uint64_t> number_field(const json::object& object, std::string_view name) {
  const json::value* value = find(object, name);
  if (value == nullptr) return std::nullopt;
  boost::system::error_code error;
  const auto number = value->to_number<std::uint64_t>(error);
  if (error) refuse(name, "a whole number");
  return number;
}

std::vector<std::string> text_list_field(const json::object& object, std::string_view name) {
  const json::value* value = find(object, name);
  if (value == nullptr) return {};
  if (!value->is_array()) refuse(name, "a list of texts");
  std::vector<std::string> texts;
  for (const json::value& element : value->get_array()) {
    if (!element.is_string()) refuse(name, "a list of texts");
    texts.push_back(text_of(element.get_string()));
  }
  return texts;
}

std::vector<std::pair<std::string, std::string>> text_map_field(const json::object& object, std::string_view name) {
  const json::value* value = find(object, name);
  if (value == nullptr) return {};
  if (!value->is_object()) refuse(name, "an object of texts");
  std::vector<std::pair<std::string, std::string>> texts;
  for (const auto& [key, element] : value->get_object()) {
    if (element.is_structured() || element.is_null()) refuse(name, "an object of texts");
    texts.emplace_back(key, element.is_string() ? text_of(element.get_string()) : json_text(element));
  }
  return texts;
}

}  // namespace weir::cluster
