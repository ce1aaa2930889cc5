#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "weir/core/codec.h"

namespace weir {

/// The path of an input file, as small as a pointer, so that every record can say where it came from.
///
/// The paths lie in a table of the process: they live until it ends, are shared by all records and never copied with
/// them (unlike weir::Text). The table grows with the number of different paths, not of records. Thread-safe.
class FileName {
 public:
  FileName() = default;  ///< empty

  /// Looks `path` up in the table, or adds it. Costs a lock and a search: once per file, not per record.
  explicit FileName(std::string_view path);

  const std::string& string() const { return *path_; }
  std::string_view view() const { return *path_; }
  operator std::string_view() const { return *path_; }

  /// By the path.
  friend bool operator==(FileName a, FileName b) { return a.path_ == b.path_; }
  friend std::strong_ordering operator<=>(FileName a, FileName b) { return a.view() <=> b.view(); }

 private:
  static const std::string* find_or_add(std::string_view path);

  const std::string* path_ = find_or_add({});
};

/// Length and bytes of the path.
template <>
struct Codec<FileName> {
  static constexpr std::string_view kName = "FileName";
  static void encode(const FileName& value, std::string& out) { Codec<std::string>::encode(value.string(), out); }
  static void decode(Reader& in, FileName& value) { value = FileName(in.take(in.count(1, kName), kName)); }
};

}  // namespace weir
