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
#include "weir/host/temporary_directory.h"
#include "weir/runtime/local_job.h"
#include "weir/weir.h"

#include "benchmarks/answer_sink.h"
#include "benchmarks/checkpointed.h"

namespace weir::benchmarks {

void add_weir_count(Environment& env, const Settings& settings, std::uint32_t parallelism,
                    std::shared_ptr<AnswerSink> sink) {
  env.from_source<nexmark::BidNumbers>(connectors::nexmark_bids(generator_config(settings), parallelism), "Bids")
      .watermarks(bounded_out_of_orderness(nexmark::kWatermarkDelay))
      .key_by([keys = settings.keys](const nexmark::BidNumbers& bid) { return key_of(bid.auction, keys); })
      .window(SlidingEventTime{settings.window, settings.slide})
      .count([](std::int64_t auction, const Window& window, std::int64_t count, Out<Row>& out) {
        out.emit({window.end, auction, count});
      })
      .sink_to(std::move(sink), "Answer");
}

Result run_weir_count(std::uint32_t workers, const Settings& settings, std::optional<Duration> checkpoint_interval) {
  std::mutex mutex;
  Answer answer;  // with mutex
  Environment env(Arguments(std::vector<std::string>{}));
  add_weir_count(env, settings, workers, std::make_shared<AnswerSink>([&](Host&, const Answer& part) {
                   const std::lock_guard lock(mutex);
                   answer += part;
                 }));

  std::promise<runtime::JobResult> ended;  // before the host: its control loop may still be within set_value()
  std::optional<host::TemporaryDirectory> directory;  // before the host, whose helpers still remove files in it
  host::RealHost host;
  runtime::JobOptions options;
  options.parallelism = workers;
  options.workers = workers;
  if (checkpoint_interval) take_checkpoints(options, directory.emplace().path(), *checkpoint_interval);
  runtime::LocalJob job(host, env.take_graph(), options,
                        [&](runtime::JobResult result) { ended.set_value(std::move(result)); });
  job.start();
  const runtime::JobResult result = ended.get_future().get();
  if (result.state != runtime::JobResult::State::kFinished) throw Error(Domain::kInternal, Retry::kNo, result.message);
  const std::int64_t events = settings.events;
  return {events / 50 * 46, answer};
}

}  // namespace weir::benchmarks
