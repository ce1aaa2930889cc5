#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>

namespace weir {

/// Why a line is no record.
struct Malformed {
  std::string reason;
};

/// A record, or why there is none.
template <class R>
class Parsed {
 public:
  Parsed(R record) : result_(std::move(record)) {}
  Parsed(Malformed malformed) : result_(std::move(malformed)) {}

  bool ok() const { return result_.index() == 0; }
  /// Requires: ok().
  R& record() { return std::get<0>(result_); }
  /// Requires: !ok().
  const std::string& reason() const { return std::get<1>(result_).reason; }

 private:
  std::variant<R, Malformed> result_;
};

/// What happens to malformed lines. They are counted in every case.
struct OnMalformed {
  enum class Action : std::uint8_t { kFail, kSkip, kDeadLetter };

  Action action = Action::kFail;
  std::string directory;  ///< of the dead letters

  static OnMalformed fail() { return {}; }
  static OnMalformed skip() { return {Action::kSkip, ""}; }
  /// Writes them, with their place and the reason, to files in `directory`.
  static OnMalformed dead_letter(std::string directory) { return {Action::kDeadLetter, std::move(directory)}; }
};

}  // namespace weir
