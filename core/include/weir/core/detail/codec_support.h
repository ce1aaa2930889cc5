#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/reader.h"

namespace weir::detail {

inline constexpr std::size_t kMaxProtobufBytes = 0x7FFF'FFFF;

bool decode_flag(Reader& in, std::string_view type);

/// Throws the UserError "Weir cannot encode <what>: ...".
[[noreturn]] void refuse_to_encode(const std::string& what);

/// Brings entries that were appended to a string one after the other into the order of their bytes.
class EntrySorter {
 public:
  /// The first entry begins at the end of `out`.
  EntrySorter(std::string& out, std::size_t entries) : out_(out), begin_(out.size()) { ends_.reserve(entries); }

  void entry_ends() { ends_.push_back(out_.size()); }
  void sort();

 private:
  std::string& out_;
  std::size_t begin_;
  std::vector<std::size_t> ends_;
};

}  // namespace weir::detail
