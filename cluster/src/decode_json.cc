#include "weir/cluster/decode_json.h"

#include <algorithm>
#include <cstdint>

#include <fmt/format.h>

#include "weir/cluster/json_writer.h"
#include "weir/core/detail/key_bytes.h"
#include "weir/core/error.h"
#include "weir/core/reader.h"

namespace weir::cluster {
namespace {

using Kind = Schema::Kind;

/// Of "enum(int8)", "time(int64,1/1000)" and "duration(...)": the type of the number inside.
std::string_view number_inside(std::string_view type) {
  const std::size_t open = type.find('(');
  if (open == std::string_view::npos) return type;
  const std::size_t end = type.find_first_of(",)", open);
  return type.substr(open + 1, end - open - 1);
}

bool only_the_job_reads(const Schema& schema) {
  return schema.kind == Kind::kCustom || std::any_of(schema.parts.begin(), schema.parts.end(),
                                                     [](const auto& part) { return only_the_job_reads(part.schema); });
}

void write_bytes(std::string_view type, std::string_view bytes, JsonWriter& json) {
  std::string hex;
  for (const char byte : bytes) hex += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  json.begin_object().key("type").text(type).key("hex").text(hex).end_object();
}

/// Calls act with a value of the integer type of that name. False: there is none.
template <class Act>
bool with_integer(std::string_view type, Act&& act) {
  if (type == "int8") return act(std::int8_t{}), true;
  if (type == "int16") return act(std::int16_t{}), true;
  if (type == "int32") return act(std::int32_t{}), true;
  if (type == "int64") return act(std::int64_t{}), true;
  if (type == "uint8") return act(std::uint8_t{}), true;
  if (type == "uint16") return act(std::uint16_t{}), true;
  if (type == "uint32") return act(std::uint32_t{}), true;
  if (type == "uint64") return act(std::uint64_t{}), true;
  return false;
}

template <class Int>
void write_integer(Int value, JsonWriter& json) {
  if constexpr (std::is_signed_v<Int>) {
    json.number(static_cast<std::int64_t>(value));
  } else {
    json.number(static_cast<std::uint64_t>(value));
  }
}

class ValueDecoder {
 public:
  ValueDecoder(std::string_view bytes, JsonWriter& json) : in_(bytes), json_(json) {}

  void value(const Schema& schema) {
    switch (schema.kind) {
      case Kind::kScalar:
        return scalar(schema.type);
      case Kind::kStruct:
        return structure(schema);
      case Kind::kOptional:
        if (boolean()) return value(schema.parts.at(0).schema);
        json_.null();
        return;
      case Kind::kVariant:
        return variant(schema);
      case Kind::kTuple:
        return tuple(schema);
      case Kind::kArray:
        return elements(schema.parts.at(0).schema, array_size(schema));
      case Kind::kList:
      case Kind::kSet:
        return elements(schema.parts.at(0).schema, in_.count(1, "list"));
      case Kind::kMap:
        return map(schema);
      case Kind::kProtobuf:
        return write_bytes(schema.type, in_.take(in_.varint("protobuf"), "protobuf"), json_);
      case Kind::kCustom:
        break;
    }
    in_.fail(to_string(schema), "has no meaning without its job");
  }

  void end(const Schema& schema) const {
    if (in_.remaining() != 0) in_.fail(to_string(schema), "ends before its bytes do");
  }

 private:
  bool boolean() {
    const char byte = in_.take(1, "bool").front();
    if (byte != 0 && byte != 1) in_.fail("bool", "is neither 0 nor 1");
    return byte == 1;
  }

  void scalar(const std::string& type) {
    const std::string_view inside = number_inside(type);
    const bool integer = with_integer(inside, [&]<class Int>(Int) { write_integer(in_.fixed<Int>(type), json_); });
    if (integer) return;
    if (inside == "bool") {
      json_.boolean(boolean());
    } else if (inside == "char") {
      json_.text(in_.take(1, type));
    } else if (inside == "float") {
      json_.number(static_cast<double>(in_.fixed<float>(type)));
    } else if (inside == "double") {
      json_.number(in_.fixed<double>(type));
    } else if (inside == "string") {
      json_.text(in_.take(in_.varint(type), type));
    } else if (inside == "nothing") {
      filler();
      json_.null();
    } else {
      in_.fail(type, "is of a type that this version does not know");
    }
  }

  /// What has no parts takes a byte.
  void filler() {
    if (in_.take(1, "nothing").front() != 0) in_.fail("nothing", "is not 0");
  }

  void structure(const Schema& schema) {
    json_.begin_object();
    for (const SchemaPart& part : schema.parts) {
      json_.key(part.name);
      value(part.schema);
    }
    if (schema.parts.empty()) filler();
    json_.end_object();
  }

  void tuple(const Schema& schema) {
    json_.begin_array();
    for (const SchemaPart& part : schema.parts) value(part.schema);
    if (schema.parts.empty()) filler();
    json_.end_array();
  }

  void variant(const Schema& schema) {
    const std::uint64_t index = in_.varint("variant");
    if (index >= schema.parts.size()) in_.fail("variant", "has an alternative that does not exist");
    json_.begin_object().key(std::to_string(index));
    value(schema.parts[index].schema);
    json_.end_object();
  }

  std::size_t array_size(const Schema& schema) {
    const std::size_t size = std::stoul(schema.type);
    if (size == 0) filler();
    return size;
  }

  void elements(const Schema& schema, std::size_t count) {
    json_.begin_array();
    for (std::size_t i = 0; i < count; ++i) value(schema);
    json_.end_array();
  }

  void map(const Schema& schema) {
    const std::size_t count = in_.count(2, "map");
    json_.begin_array();
    for (std::size_t i = 0; i < count; ++i) {
      json_.begin_array();
      value(schema.parts.at(0).schema);
      value(schema.parts.at(1).schema);
      json_.end_array();
    }
    json_.end_array();
  }

  Reader in_;
  JsonWriter& json_;
};

void write_key(const Schema& schema, detail::KeyReader& in, JsonWriter& json) {
  const auto parts = [&] {
    for (const SchemaPart& part : schema.parts) {
      if (schema.kind == Kind::kStruct) json.key(part.name);
      write_key(part.schema, in, json);
    }
  };
  switch (schema.kind) {
    case Kind::kStruct:
      json.begin_object();
      parts();
      json.end_object();
      return;
    case Kind::kTuple:
      json.begin_array();
      parts();
      json.end_array();
      return;
    case Kind::kArray: {
      json.begin_array();
      const std::size_t size = std::stoul(schema.type);
      for (std::size_t i = 0; i < size; ++i) write_key(schema.parts.at(0).schema, in, json);
      json.end_array();
      return;
    }
    default:
      break;
  }
  const std::string_view inside = number_inside(schema.type);
  if (with_integer(inside, [&]<class Int>(Int) { write_integer(in.integer<Int>(), json); })) return;
  if (inside == "bool") {
    json.boolean(in.boolean());
  } else if (inside == "char") {
    const char c = in.integer<char>();
    json.text({&c, 1});
  } else if (inside == "string") {
    json.text(in.text());
  } else if (inside == "nothing") {
    json.null();
  } else {
    throw CorruptionError("a key cannot be of the type " + to_string(schema));
  }
}

}  // namespace

std::string value_json(const Schema& schema, std::string_view bytes) {
  JsonWriter json;
  if (only_the_job_reads(schema)) {
    write_bytes(to_string(schema), bytes, json);
  } else {
    ValueDecoder decoder(bytes, json);
    decoder.value(schema);
    decoder.end(schema);
  }
  return json.result();
}

std::string key_json(const Schema& schema, std::string_view& bytes) {
  JsonWriter json;
  const std::string name = to_string(schema);
  detail::KeyReader in(bytes, name);
  write_key(schema, in, json);
  bytes = in.rest();
  return json.result();
}

}  // namespace weir::cluster
