#include "benchmarks/answer_sink.h"

#include <optional>

namespace weir::benchmarks {
namespace {

class Writer final : public SinkWriter {
 public:
  void open(const OperatorContext& context) override { subtask_ = context.subtask; }
  Progress write(BatchBase& batch, std::size_t from) override {
    const auto& rows = static_cast<Batch<Row>&>(batch);
    for (std::size_t i = from; i < rows.size(); ++i) answer_.add(rows[i].window_end, rows[i].auction, rows[i].count);
    return {rows.size(), Stop::kDone};
  }
  void stage(CheckpointId checkpoint) override {
    staged_.push_back({checkpoint, subtask_, std::exchange(answer_, {}).to_text()});
  }
  std::optional<StagedOutputs> staged() override { return staged_; }
  void completed(CheckpointId checkpoint) override {
    std::erase_if(staged_, [&](const StagedOutput& output) { return output.checkpoint <= checkpoint; });
  }

 private:
  SubtaskIndex subtask_{};
  Answer answer_;
  StagedOutputs staged_;
};

}  // namespace

std::unique_ptr<SinkWriter> AnswerSink::make_writer() const { return std::make_unique<Writer>(); }

void AnswerSink::deliver(Host& host, const StagedOutputs& outputs) const {
  for (const StagedOutput& output : outputs) delivered_(host, Answer::from_text(output.handle));
}

}  // namespace weir::benchmarks
