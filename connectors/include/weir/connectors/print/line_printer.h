#pragma once

#include <cstdint>
#include <string>

#include "weir/connectors/print/print_options.h"
#include "weir/core/blocking_call.h"
#include "weir/core/operator.h"

namespace weir::connectors {

/// Prints lines in order, without waiting for the terminal or pipe behind the stream.
///
/// At most one write is under way; what comes meanwhile is collected and leaves as one piece after it. Lines are never
/// torn. Each line begins with the subtask, from 1, if there are several, and the name, if there is one: "3> ",
/// "name> ", "name:3> ". Errors: what the stream refuses is thrown by the call after it became known.
/// Thread: task thread only.
class LinePrinter {
 public:
  explicit LinePrinter(PrintOptions options) : options_(std::move(options)) {}

  void open(const OperatorContext& context);

  /// Too much waits: no line should be added before the task was notified.
  bool full();

  /// Begins a line, whose text the caller appends to what is returned; end_line() ends it.
  std::string& begin_line() { return waiting_ += prefix_; }
  void end_line() { waiting_ += '\n'; }

  /// Sends off what waits, if nothing is under way. Must be called at the end of a batch.
  void send();

  /// Sends off what waits. True: all was printed; false: call again after the task was notified.
  bool finish();

  /// Remembers what was added so far, for printed_to_mark().
  void mark() { mark_ = sent_ + waiting_.size(); }

  /// True: all up to the mark was printed; false: call again after the task was notified.
  bool printed_to_mark();

  /// When send() has something to do that nothing else will remind of.
  Deadline next_deadline() const;

 private:
  PrintOptions options_;
  Host* host_ = nullptr;
  std::string prefix_;
  BlockingCall write_;
  std::string waiting_;
  // Bytes since the beginning.
  std::uint64_t sent_ = 0;
  std::uint64_t printed_ = 0;
  std::uint64_t mark_ = 0;
};

}  // namespace weir::connectors
