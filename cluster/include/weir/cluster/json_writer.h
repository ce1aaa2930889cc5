#pragma once

#include <concepts>
#include <string>
#include <string_view>

namespace weir::cluster {

/// Writes one JSON value, member by member: begin, then key and value in turns within objects, values within arrays.
/// Bytes that are no UTF-8 come out as U+FFFD. Requires: calls nest as JSON does.
class JsonWriter {
 public:
  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& key(std::string_view name);
  JsonWriter& text(std::string_view value);
  template <std::integral Number>
  JsonWriter& number(Number value) {
    return json(std::to_string(value));
  }
  /// Numbers that JSON does not have come out as "NaN", "Infinity" and "-Infinity".
  JsonWriter& number(double value);
  JsonWriter& boolean(bool value);
  JsonWriter& null();
  /// A JSON value that was written before.
  JsonWriter& json(std::string_view value);

  const std::string& result() const { return out_; }

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  void separate();
  void quote(std::string_view text);

  std::string out_;
};

}  // namespace weir::cluster
