#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::connectors {

/// Cuts bytes that arrive in pieces into lines.
///
/// A line ends at the delimiter; the last one may do without. With the delimiter '\n' one '\r' at a line's end is
/// cut off too. Bytes pass as they are. Memory: the piece at hand and one line. Thread: one owner at a time.
class LineSplitter {
 public:
  struct Options {
    std::string where;  ///< what is read, for messages: "file 'in/a.txt'"
    char delimiter = '\n';
    std::size_t max_line = 1024 * 1024;  ///< bytes
    std::uint64_t offset = 0;            ///< where in the whole the first byte lies
    std::uint64_t lines = 0;             ///< lines before it
  };

  struct Line {
    std::string_view text;  ///< valid until the next call
    std::uint64_t number;   ///< from 1
    std::uint64_t offset;   ///< of its first byte
  };

  explicit LineSplitter(Options options) : options_(std::move(options)) {}

  /// Adds a piece. Requires: next() said that there is no line in what came before; end() was not called.
  void feed(std::string piece);

  /// Nothing will follow: what is left counts as a line.
  void end() { ended_ = true; }

  /// The next line; none: feed() more. Errors: UserError, with place and length so far, for a line above max_line.
  std::optional<Line> next();

  /// Behind the last line that next() gave.
  std::uint64_t offset() const { return options_.offset; }
  std::uint64_t lines() const { return options_.lines; }

 private:
  Line cut(std::string_view raw, std::size_t delimiters);
  std::string_view stripped(std::string_view raw) const;
  void check_length(std::string_view raw) const;

  Options options_;
  std::string piece_;
  std::size_t at_ = 0;   ///< the first byte of piece_ not yet used
  std::string partial_;  ///< the beginning of a line, from earlier pieces
  bool partial_given_ = false;
  bool ended_ = false;
};

}  // namespace weir::connectors
