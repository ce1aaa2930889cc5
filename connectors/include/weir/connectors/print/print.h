#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "weir/connectors/print/line_printer.h"
#include "weir/connectors/print/print_options.h"
#include "weir/core/print_value.h"
#include "weir/core/sink.h"

namespace weir::connectors {

/// Prints each record as a line of text. Thread: task thread only.
template <class T>
class PrintWriter final : public SinkWriter {
 public:
  explicit PrintWriter(PrintOptions options) : printer_(std::move(options)) {}

  void open(const OperatorContext& context) override { printer_.open(context); }

  Progress write(BatchBase& batch, std::size_t from) override {
    const auto& records = static_cast<const Batch<T>&>(batch);
    for (std::size_t i = from; i < records.size(); ++i) {
      if (printer_.full()) return {i, Stop::kBlocked};
      append_value(printer_.begin_line(), records[i]);
      printer_.end_line();
    }
    printer_.send();
    return {records.size(), Stop::kDone};
  }

  Stop flush() override {
    printer_.send();
    return Stop::kDone;
  }

  /// A checkpoint waits until what came before it was printed: what it holds is never printed again.
  void stage(CheckpointId /*checkpoint*/) override { printer_.mark(); }
  std::optional<StagedOutputs> staged() override {
    if (!printer_.printed_to_mark()) return std::nullopt;
    return StagedOutputs{};
  }

  Deadline next_deadline() const override { return printer_.next_deadline(); }
  Stop on_time() override { return flush(); }

 private:
  LinePrinter printer_;
};

/// Shows records on standard output or error as they come: `WordWithCount(lorem,1)`, one line each.
///
/// What was printed stays printed: after a failure records may appear again, at-least-once. A subtask of several begins
/// its lines with its number, counted from 1: `3> `; a name stands before it: `name> `, `name:3> `. Errors:
/// ExternalError naming the stream when it cannot be written.
template <class T>
class PrintSink final : public Sink {
 public:
  explicit PrintSink(PrintOptions options) : options_(std::move(options)) {}
  std::unique_ptr<SinkWriter> make_writer() const override { return std::make_unique<PrintWriter<T>>(options_); }

 private:
  PrintOptions options_;
};

/// A sink that prints records of type T.
template <class T>
std::shared_ptr<const Sink> print(PrintOptions options = {}) {
  return std::make_shared<PrintSink<T>>(std::move(options));
}

}  // namespace weir::connectors
