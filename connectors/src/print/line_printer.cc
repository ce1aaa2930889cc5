#include "weir/connectors/print/line_printer.h"

#include <utility>

#include <fmt/format.h>

namespace weir::connectors {

namespace {

constexpr std::size_t kFull = 256 * 1024;

std::string prefix(const std::string& name, const OperatorContext& context) {
  const std::uint32_t subtask = context.subtask.value() + 1;
  if (context.parallelism == 1) return name.empty() ? "" : fmt::format("{}> ", name);
  return name.empty() ? fmt::format("{}> ", subtask) : fmt::format("{}:{}> ", name, subtask);
}

}  // namespace

void LinePrinter::open(const OperatorContext& context) {
  host_ = context.host;
  prefix_ = prefix(options_.name, context);
  write_.open(*context.host, context.notifier);
}

bool LinePrinter::full() {
  if (waiting_.size() < kFull) return false;
  send();
  return waiting_.size() >= kFull;
}

void LinePrinter::send() {
  if (!write_.ready()) return;
  printed_ = sent_;
  if (waiting_.empty()) return;
  sent_ += waiting_.size();
  write_.start(
      [host = host_, stream = options_.stream, text = std::exchange(waiting_, {})] { host->print(stream, text); });
}

bool LinePrinter::finish() {
  send();
  return !write_.under_way();
}

bool LinePrinter::printed_to_mark() {
  send();
  return printed_ >= mark_;
}

Deadline LinePrinter::next_deadline() const {
  Deadline deadline;
  if (write_.ended()) deadline.monotonic = MonotonicTime::min();
  return deadline;
}

}  // namespace weir::connectors
