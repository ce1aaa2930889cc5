#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "weir/core/operator.h"
#include "weir/core/sink.h"

namespace weir::runtime {

/// The end of a chain: hands everything to a sink's writer. Its task stages output through writer(), at barriers or at
/// the end of the input. Thread: task thread only.
class SinkOperator final : public Operator {
 public:
  explicit SinkOperator(std::unique_ptr<SinkWriter> writer) : writer_(std::move(writer)) {}

  SinkWriter& writer() { return *writer_; }

  void open(const OperatorContext& context) override { writer_->open(context); }
  Progress process(InputIndex, BatchPtr& batch, std::size_t from, Outputs&) override {
    return writer_->write(*batch, from);
  }
  void save(SavedValues& values) const override { writer_->save(values); }
  void restore(const SavedValues& values) override { writer_->restore(values); }
  bool restore_rescaled(const std::vector<SavedValues>& before) override { return writer_->restore_rescaled(before); }
  Stop on_time(Outputs&) override { return writer_->on_time(); }
  Deadline next_deadline() const override { return writer_->next_deadline(); }
  Stop on_idle(Outputs&) override { return writer_->flush(); }

 private:
  std::unique_ptr<SinkWriter> writer_;
};

}  // namespace weir::runtime
