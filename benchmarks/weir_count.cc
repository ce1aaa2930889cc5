#include "benchmarks/weir_count.h"

#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "weir/connectors/nexmark/bid_source.h"
#include "weir/connectors/nexmark/events.h"
#include "weir/connectors/nexmark/generator_config.h"
#include "weir/core/error.h"
#include "weir/host/real_host.h"
#include "weir/runtime/local_job.h"
#include "weir/weir.h"

#include "benchmarks/checkpointed.h"

namespace weir::benchmarks {
namespace {

struct Row {
  Timestamp window_end;
  std::int64_t auction;
  std::int64_t count;
};

/// Adds rows up instead of keeping them. A handle is the sum that it stands for.
class AnswerSink final : public Sink {
 public:
  struct Total {
    std::mutex mutex;
    Answer answer;
  };

  explicit AnswerSink(std::shared_ptr<Total> total) : total_(std::move(total)) {}

  std::unique_ptr<SinkWriter> make_writer() const override { return std::make_unique<Writer>(); }

  void deliver(Host&, const StagedOutputs& outputs) const override {
    const std::lock_guard lock(total_->mutex);
    for (const StagedOutput& output : outputs) total_->answer += Answer::from_text(output.handle);
  }

 private:
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

  std::shared_ptr<Total> total_;
};

}  // namespace

Result run_weir_count(std::uint32_t workers, const Settings& settings, std::optional<Duration> checkpoint_interval) {
  const auto total = std::make_shared<AnswerSink::Total>();
  Environment env(Arguments(std::vector<std::string>{}));
  env.from_source<nexmark::BidNumbers>(connectors::nexmark_bids(generator_config(settings), workers), "Bids")
      .watermarks(bounded_out_of_orderness(nexmark::kWatermarkDelay))
      .key_by([keys = settings.keys](const nexmark::BidNumbers& bid) { return key_of(bid.auction, keys); })
      .window(SlidingEventTime{settings.window, settings.slide})
      .count([](std::int64_t auction, const Window& window, std::int64_t count, Out<Row>& out) {
        out.emit({window.end, auction, count});
      })
      .sink_to(std::make_shared<AnswerSink>(total), "Answer");

  std::promise<runtime::JobResult> ended;  // before the host: its control loop may still be within set_value()
  host::RealHost host;
  runtime::JobOptions options;
  options.parallelism = workers;
  options.workers = workers;
  std::optional<TemporaryDirectory> directory;
  if (checkpoint_interval) take_checkpoints(options, directory.emplace().path(), *checkpoint_interval);
  runtime::LocalJob job(host, env.take_graph(), options,
                        [&](runtime::JobResult result) { ended.set_value(std::move(result)); });
  job.start();
  const runtime::JobResult result = ended.get_future().get();
  if (result.state != runtime::JobResult::State::kFinished) throw Error(Domain::kInternal, Retry::kNo, result.message);
  const std::int64_t events = settings.events;
  return {events / 50 * 46, total->answer};
}

}  // namespace weir::benchmarks
