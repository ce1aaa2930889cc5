#pragma once

#include <memory>

#include "weir/core/operator.h"
#include "weir/core/sink.h"

namespace weir::runtime {

/// The end of a chain: hands everything to a sink's writer, seals at the end of input. Thread: task thread only.
class SinkOperator final : public Operator {
 public:
  explicit SinkOperator(std::unique_ptr<SinkWriter> writer) : writer_(std::move(writer)) {}

  void open(const OperatorContext& context) override { writer_->open(context); }
  Progress process(InputIndex, BatchPtr& batch, std::size_t from, Outputs&) override {
    return writer_->write(*batch, from);
  }
  Stop on_time(Outputs&) override { return writer_->on_time(); }
  Deadline next_deadline() const override { return writer_->next_deadline(); }
  Stop on_idle(Outputs&) override { return writer_->flush(); }
  Stop on_end(Outputs&) override { return writer_->seal(); }
  Stop deliver() override { return writer_->deliver(); }

 private:
  std::unique_ptr<SinkWriter> writer_;
};

}  // namespace weir::runtime
