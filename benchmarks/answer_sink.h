#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "weir/weir.h"

#include "benchmarks/result.h"

namespace weir::benchmarks {

/// A window's count of one auction.
struct Row {
  Timestamp window_end;
  std::int64_t auction;
  std::int64_t count;
};

/// Adds rows up instead of keeping them. A handle is the sum that it stands for.
class AnswerSink final : public Sink {
 public:
  /// `delivered` gets parts of the answer, on a helper thread of the process that leads.
  explicit AnswerSink(std::function<void(Host&, const Answer& part)> delivered) : delivered_(std::move(delivered)) {}

  std::unique_ptr<SinkWriter> make_writer() const override;
  void deliver(Host& host, const StagedOutputs& outputs) const override;

 private:
  std::function<void(Host&, const Answer&)> delivered_;
};

}  // namespace weir::benchmarks
