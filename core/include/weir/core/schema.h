#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

struct SchemaPart;

/// What encoded values look like, as a tree of names and types.
///
/// It is stored beside the values and compared before they are read again. Types that encode alike have one schema
/// (std::string and weir::Text; std::map and std::unordered_map; a strong id and the integer inside).
struct Schema {
  /// The numbers are stored.
  enum class Kind : std::uint8_t {
    kScalar = 1,     ///< type: bool, int8 ... uint64, char, float, double, string, enum(int8), time(int64,1/1000), ...
    kStruct = 2,     ///< type: the struct's name; parts: its fields
    kOptional = 3,   ///< parts: value
    kVariant = 4,    ///< parts: 0, 1, ...
    kTuple = 5,      ///< parts: 0, 1, ...
    kArray = 6,      ///< type: its size; parts: element
    kList = 7,       ///< parts: element
    kSet = 8,        ///< parts: element
    kMap = 9,        ///< parts: key, value
    kProtobuf = 10,  ///< type: the message's full name; protobuf itself says which changes of it are compatible
    kCustom = 11,    ///< type: the name that its Codec gives
  };

  Kind kind = Kind::kScalar;
  std::string type;
  std::vector<SchemaPart> parts;

  friend bool operator==(const Schema& a, const Schema& b);

  /// The canonical encoding: equal schemas have equal bytes.
  std::string encode() const;

  /// Errors: CorruptionError, also for a tree of more than 64 levels.
  static Schema decode(std::string_view bytes);

  /// XXH3_64 of the canonical encoding.
  std::uint64_t hash() const;
};

struct SchemaPart {
  std::string name;
  Schema schema;

  friend bool operator==(const SchemaPart&, const SchemaPart&) = default;
};

/// On one line: "WordWithCount{word: string, count: int64}".
std::string to_string(const Schema& schema);

/// On several lines, a line for each field of the structs in it.
std::string to_lines(const Schema& schema);

/// Both schemas side by side under their titles, the lines that differ marked with '!'. Empty if they are equal.
std::string difference(const Schema& left, const Schema& right, std::string_view left_title = "stored",
                       std::string_view right_title = "this job");

}  // namespace weir
