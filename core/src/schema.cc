#include "weir/core/schema.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "weir/core/detail/codec_support.h"
#include "weir/core/hash.h"
#include "weir/core/reader.h"
#include "weir/core/schema_of.h"

namespace weir {

namespace {

using Kind = Schema::Kind;

constexpr int kMostLevels = 64;
constexpr std::string_view kName = "schema";

void append_text(std::string& out, std::string_view text) {
  detail::append_varint(out, text.size());
  out += text;
}

std::string take_text(Reader& in) { return std::string(in.take(in.count(1, kName), kName)); }

void append(std::string& out, const Schema& schema) {
  out += static_cast<char>(schema.kind);
  append_text(out, schema.type);
  detail::append_varint(out, schema.parts.size());
  for (const SchemaPart& part : schema.parts) {
    append_text(out, part.name);
    append(out, part.schema);
  }
}

/// How many parts a kind has, if that is always the same.
std::optional<std::size_t> fixed_parts(Kind kind) {
  switch (kind) {
    case Kind::kScalar:
    case Kind::kProtobuf:
    case Kind::kCustom:
      return 0;
    case Kind::kOptional:
    case Kind::kArray:
    case Kind::kList:
    case Kind::kSet:
      return 1;
    case Kind::kMap:
      return 2;
    case Kind::kStruct:
    case Kind::kVariant:
    case Kind::kTuple:
      break;
  }
  return std::nullopt;
}

Schema take(Reader& in, int levels) {
  if (levels == 0) in.fail(kName, "nests too deep");
  const auto kind = in.fixed<std::uint8_t>(kName);
  if (kind < static_cast<std::uint8_t>(Kind::kScalar) || kind > static_cast<std::uint8_t>(Kind::kCustom))
    in.fail(kName, "has a kind that does not exist");
  Schema schema{static_cast<Kind>(kind), take_text(in), {}};
  constexpr std::size_t kLeastPart = 4;
  schema.parts.resize(in.count(kLeastPart, kName));
  for (SchemaPart& part : schema.parts) {
    part.name = take_text(in);
    part.schema = take(in, levels - 1);
  }
  if (const auto parts = fixed_parts(schema.kind); parts && *parts != schema.parts.size())
    in.fail(kName, "has more or fewer parts than its kind");
  return schema;
}

/// What stands before the parts.
std::string head(const Schema& schema) {
  switch (schema.kind) {
    case Kind::kScalar:
    case Kind::kStruct:
      return schema.type;
    case Kind::kProtobuf:
      return "protobuf " + schema.type;
    case Kind::kCustom:
      return "custom " + schema.type;
    case Kind::kOptional:
      return "optional";
    case Kind::kVariant:
      return "variant";
    case Kind::kTuple:
      return "tuple";
    case Kind::kArray:
      return "array[" + schema.type + "]";
    case Kind::kList:
      return "list";
    case Kind::kSet:
      return "set";
    case Kind::kMap:
      return "map";
  }
  return "unknown";
}

bool is_leaf(const Schema& schema) {
  return schema.kind == Kind::kScalar || schema.kind == Kind::kProtobuf || schema.kind == Kind::kCustom;
}

bool holds_struct(const Schema& schema) {
  return schema.kind == Kind::kStruct || std::any_of(schema.parts.begin(), schema.parts.end(),
                                                     [](const SchemaPart& part) { return holds_struct(part.schema); });
}

void add_lines(std::vector<std::string>& lines, const std::string& indent, const std::string& label,
               const Schema& schema) {
  if (!holds_struct(schema)) {
    lines.push_back(indent + label + to_string(schema));
    return;
  }
  lines.push_back(indent + label + head(schema));
  for (const SchemaPart& part : schema.parts) add_lines(lines, indent + "  ", part.name + ": ", part.schema);
}

std::vector<std::string> lines_of(const Schema& schema) {
  std::vector<std::string> lines;
  add_lines(lines, "", "", schema);
  return lines;
}

struct Row {
  std::string left;
  std::string right;
};

/// The lines of both side by side: equal ones in one row, as many as can be (longest common subsequence).
std::vector<Row> align(const std::vector<std::string>& left, const std::vector<std::string>& right) {
  const std::size_t width = right.size() + 1;
  std::vector<std::size_t> common((left.size() + 1) * width, 0);
  const auto at = [&](std::size_t l, std::size_t r) -> std::size_t& { return common[l * width + r]; };
  for (std::size_t l = left.size(); l-- > 0;)
    for (std::size_t r = right.size(); r-- > 0;)
      at(l, r) = left[l] == right[r] ? at(l + 1, r + 1) + 1 : std::max(at(l + 1, r), at(l, r + 1));

  std::vector<Row> rows;
  std::size_t l = 0;
  std::size_t r = 0;
  while (l < left.size() || r < right.size()) {
    std::size_t l_end = l;
    std::size_t r_end = r;
    while (l_end < left.size() || r_end < right.size()) {
      if (l_end < left.size() && r_end < right.size() && left[l_end] == right[r_end]) break;
      if (r_end == right.size() || (l_end < left.size() && at(l_end + 1, r_end) >= at(l_end, r_end + 1))) {
        ++l_end;
      } else {
        ++r_end;
      }
    }
    while (l < l_end || r < r_end) rows.push_back({l < l_end ? left[l++] : "", r < r_end ? right[r++] : ""});
    if (l < left.size() && r < right.size()) rows.push_back({left[l++], right[r++]});
  }
  return rows;
}

}  // namespace

bool operator==(const Schema& a, const Schema& b) { return a.kind == b.kind && a.type == b.type && a.parts == b.parts; }

std::string Schema::encode() const {
  std::string out;
  append(out, *this);
  return out;
}

Schema Schema::decode(std::string_view bytes) {
  Reader in(bytes);
  Schema schema = take(in, kMostLevels);
  if (in.remaining() != 0) in.fail(kName, "ends before its bytes do");
  return schema;
}

std::uint64_t Schema::hash() const { return hash_bytes(encode()); }

std::string to_string(const Schema& schema) {
  std::string out = head(schema);
  if (is_leaf(schema)) return out;
  const bool named = schema.kind == Kind::kStruct;
  out += named ? '{' : '<';
  for (const SchemaPart& part : schema.parts) {
    if (&part != &schema.parts.front()) out += ", ";
    if (named) out += part.name + ": ";
    out += to_string(part.schema);
  }
  out += named ? '}' : '>';
  return out;
}

std::string to_lines(const Schema& schema) {
  std::string out;
  for (const std::string& line : lines_of(schema)) out += line + "\n";
  return out;
}

std::string difference(const Schema& left, const Schema& right, std::string_view left_title,
                       std::string_view right_title) {
  if (left == right) return "";
  const std::vector<Row> rows = align(lines_of(left), lines_of(right));
  std::size_t width = left_title.size();
  for (const Row& row : rows) width = std::max(width, row.left.size());
  std::string out;
  const auto add = [&](std::string_view mark, std::string_view a, std::string_view b) {
    out += mark;
    out += a;
    if (!b.empty()) out.append(width - a.size() + 3, ' ') += b;
    out += '\n';
  };
  add("  ", left_title, right_title);
  for (const Row& row : rows) add(row.left == row.right ? "  " : "! ", row.left, row.right);
  return out;
}

namespace detail {

std::string integer_name(std::size_t bytes, bool is_signed) {
  return (is_signed ? "int" : "uint") + std::to_string(8 * bytes);
}

std::string ratio_name(std::string_view word, const std::string& count, long long numerator, long long denominator) {
  return std::string(word) + "(" + count + "," + std::to_string(numerator) + "/" + std::to_string(denominator) + ")";
}

}  // namespace detail

}  // namespace weir
