#pragma once

#include <string>
#include <string_view>

// Compiled once, in boost_json.cc.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>

namespace weir::cluster {

namespace json = boost::json;

/// A text for JSON: bytes that are no UTF-8 come out as U+FFFD.
json::string utf8(std::string_view text);

/// The value as it is sent. Requires: its texts are UTF-8.
std::string json_text(const json::value& value);

/// An object from a request's body; an empty body is an empty object.
/// Errors: UserError saying what is wrong with it.
json::object parse_json_object(std::string_view body);

}  // namespace weir::cluster
