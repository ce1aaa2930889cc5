#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace weir::tests {

/// Random input for the event-time word count, and how it is to be counted.
struct WordCountCase {
  std::uint64_t seed = 0;
  std::int64_t size = 0;  ///< of windows; this and all that follows in ms
  std::int64_t slide = 0;
  std::int64_t offset = 0;
  std::int64_t lateness = 0;
  std::int64_t out_of_orderness = 0;
  std::map<std::string, std::string> files;  ///< name to bytes
  std::uint64_t records = 0;

  bool tumbling() const { return size == slide; }

  /// The job's arguments: it reads /in and writes to /out and /late.
  std::vector<std::string> arguments() const;
};

/// The case of a seed: several files, some of them empty, records out of order and late ones, few keys or one, equal
/// and negative timestamps, words of odd bytes.
WordCountCase draw_word_count_case(std::uint64_t seed);

}  // namespace weir::tests
