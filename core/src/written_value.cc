#include "written_value.h"

#include <charconv>
#include <string_view>

#include "weir/core/detail/codec_support.h"

namespace weir {

namespace {

using Kind = Schema::Kind;

constexpr std::string_view kName = "value of an earlier version";

/// Bytes of a scalar's values; 0: a text, or no scalar that this version knows.
std::size_t scalar_bytes(std::string_view type) {
  if (const std::size_t open = type.find('('); open != std::string_view::npos)
    type = type.substr(open + 1, type.find_first_of(",)", open) - open - 1);
  if (type == "bool" || type == "char" || type == "int8" || type == "uint8" || type == "nothing") return 1;
  if (type == "int16" || type == "uint16") return 2;
  if (type == "int32" || type == "uint32" || type == "float") return 4;
  if (type == "int64" || type == "uint64" || type == "double") return 8;
  return 0;
}

}  // namespace

WrittenValue::WrittenValue(const Schema& schema, const Customs& customs) : kind_(schema.kind) {
  for (const SchemaPart& part : schema.parts) {
    parts_.emplace_back(part.schema, customs);
    if (unknown_.empty()) unknown_ = parts_.back().unknown_;
  }
  switch (kind_) {
    case Kind::kScalar:
      set_scalar(schema.type);
      break;
    case Kind::kArray:
      std::from_chars(schema.type.data(), schema.type.data() + schema.type.size(), elements_);
      break;
    case Kind::kCustom:
      if (const auto custom = customs.find(schema.type); custom != customs.end()) custom_ = custom->second;
      if (custom_ == nullptr) unknown_ = schema.type;
      break;
    default:
      break;
  }
  fold();
}

void WrittenValue::set_scalar(const std::string& type) {
  fixed_ = scalar_bytes(type);
  text_ = type == "string";
  if (fixed_ == 0 && !text_) unknown_ = type;
}

/// What is made of parts of a fixed size has one, too.
void WrittenValue::fold() {
  if (kind_ == Kind::kArray) {
    fixed_ = elements_ == 0 ? 1 : elements_ * parts_.front().fixed_;
  } else if (kind_ == Kind::kStruct || kind_ == Kind::kTuple) {
    std::size_t sum = parts_.empty() ? 1 : 0;
    for (const WrittenValue& part : parts_) {
      if (part.fixed_ == 0) return;
      sum += part.fixed_;
    }
    fixed_ = sum;
  }
}

void WrittenValue::skip(Reader& in) const {
  if (fixed_ != 0) {
    in.take(fixed_, kName);
    return;
  }
  switch (kind_) {
    case Kind::kScalar:
    case Kind::kProtobuf:
      in.take(in.count(1, kName), kName);
      return;
    case Kind::kStruct:
    case Kind::kTuple:
      for (const WrittenValue& part : parts_) part.skip(in);
      return;
    case Kind::kOptional:
      if (detail::decode_flag(in, kName)) parts_.front().skip(in);
      return;
    case Kind::kVariant: {
      const std::uint64_t index = in.varint(kName);
      if (index >= parts_.size()) in.fail(kName, "has an alternative that does not exist");
      parts_[index].skip(in);
      return;
    }
    case Kind::kArray:
      for (std::size_t i = 0; i < elements_; ++i) parts_.front().skip(in);
      return;
    case Kind::kList:
    case Kind::kSet:
    case Kind::kMap:
      for (std::size_t i = in.count(parts_.size(), kName); i > 0; --i)
        for (const WrittenValue& part : parts_) part.skip(in);
      return;
    case Kind::kCustom:
      custom_(in);
      return;
  }
}

}  // namespace weir
