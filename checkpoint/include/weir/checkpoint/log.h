#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/checkpoint/layout.h"
#include "weir/checkpoint/log_entry.h"
#include "weir/checkpoint/log_rules.h"
#include "weir/core/error.h"
#include "weir/core/hash.h"
#include "weir/core/host.h"

namespace weir::checkpoint {

/// Another coordinator has taken the job over: this process must stop without any further effect.
class FencedError : public ExternalError {
 public:
  explicit FencedError(const std::string& message) : ExternalError(message, Retry::kNo) {}
};

/// An entry may or may not have been created durably: only reading the log again can tell.
class OutcomeUnknown : public ExternalError {
 public:
  using ExternalError::ExternalError;
};

/// Where an append can be killed; empty names are none.
struct AppendPoints {
  std::string_view written;
  std::string_view linked;
  std::string_view synced;
};

/// The directory that decides what exists and who may say so: one immutable file per entry.
///
/// Thread: one at a time, any; calls block. Errors: ExternalError; CorruptionError naming an entry that is damaged or
/// lies in the wrong place; UserError naming both jobs, or both format versions.
class Log {
 public:
  /// Requires: `host` outlives it.
  Log(Host& host, Layout layout, std::string job);
  /// For reading only, of whatever job it is.
  Log(Host& host, Layout layout) : host_(host), layout_(std::move(layout)) {}

  /// Of the entries that are there, rising. Empty if there is no log.
  std::vector<std::uint64_t> indices() const;

  /// The index behind the highest entry; 0 if there is none.
  std::uint64_t end() const;

  LogEntry read(std::uint64_t index) const;

  /// All entries, rising. Those that somebody retires meanwhile are left out.
  std::vector<LogEntry> read_all() const;

  /// All entries; only those above `index` are read, the others' writers are 0.
  SeenLog see_above(std::uint64_t index) const;

  /// Creates the next entry if the rules allow it, and moves `standing`. Returns whether it was: false only before the
  /// own takeover, when somebody else was faster. A takeover sets standing.takeover. Requires: before it, standing.end
  /// is what end() was before the log was read.
  /// Errors: FencedError; OutcomeUnknown; with any other error nothing was appended.
  bool append(LogStanding& standing, decltype(LogEntry::what) what, const AppendPoints& points) const;

  /// Errors: FencedError if somebody else has appended since.
  void require_standing(const LogStanding& standing) const;

  /// Deletes entries below `oldest_needed`, lowest first. Errors: FencedError.
  void retire(const LogStanding& standing, std::uint64_t oldest_needed) const;

  /// Deletes what writers left that died, of entries below `end`. Requires: nobody alive writes any of these.
  void remove_leftovers(std::uint64_t end) const;

 private:
  std::string fenced_message(const SeenLog& seen) const;

  Host& host_;
  Layout layout_;
  std::string job_;
  std::optional<Hash128> job_hash_;  ///< absent: any
};

}  // namespace weir::checkpoint
