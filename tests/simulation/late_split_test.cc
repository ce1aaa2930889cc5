#include <chrono>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "weir/weir.h"

#include "kit/sim_job.h"

// Splits that are found one after another, with time in between.

namespace weir::tests {
namespace {

using namespace std::chrono_literals;

/// The files a.txt and b.txt of a directory, of which the second is found a second later than the first.
class FoundOneByOne final : public Source {
 public:
  explicit FoundOneByOne(std::string directory) {
    connectors::LinesOptions options;
    options.directory = std::move(directory);
    lines_ = connectors::lines(options);
  }

  bool bounded() const override { return true; }
  bool replayable() const override { return true; }
  std::unique_ptr<SplitEnumerator> make_enumerator() const override { return std::make_unique<Enumerator>(); }
  std::unique_ptr<SourceReader> make_reader() const override { return lines_->make_reader(); }

 private:
  class Enumerator final : public SplitEnumerator {
   public:
    void start(SplitAssigner& assigner) override {
      assigner.assign({"a.txt", ""});
      Host& host = assigner.host();
      timer_ = host.at(host.monotonic_now() + 1s, [&assigner] {
        assigner.assign({"b.txt", ""});
        assigner.no_more_splits();
      });
    }

   private:
    std::unique_ptr<Timer> timer_;
  };

  std::shared_ptr<const Source> lines_;
};

struct Tick {
  Timestamp time;
  int key;
};
WEIR_FIELDS(Tick, time, key);

TEST(ASplitOfABoundedSource, IsNotLateForBeingFoundAfterAnother) {
  for (const std::uint32_t parallelism : {1U, 2U, 3U}) {
    SCOPED_TRACE(parallelism);
    sim::World world(1);
    for (const char* file : {"/in/a.txt", "/in/b.txt"}) world.disk().write_file(file, "1000\n2000\n30000\n");
    const auto counts = std::make_shared<connectors::Collected<std::int64_t>>();
    SimOptions options;
    options.parallelism = parallelism;
    SimJob job(
        world,
        [&](Environment& env) {
          env.from_source<Line>(std::make_shared<FoundOneByOne>("/in"), "Lines")
              .parse([](std::string_view line) -> Parsed<Tick> {
                return Tick{timestamp_ms(std::stoll(std::string(line))), 1};
              })
              .timestamps(&Tick::time, monotone_timestamps())
              .key_by(&Tick::key)
              .window(TumblingEventTime{10s})
              .count([](int, const Window&, std::int64_t count, Out<std::int64_t>& out) { out.emit(count); })
              .collect(counts);
        },
        options);
    ASSERT_EQ(job.run().state, runtime::JobResult::State::kFinished) << job.result().message;
    EXPECT_EQ(counts->take(), (std::vector<std::int64_t>{4, 2}));
    EXPECT_EQ(job.job().progress().late, 0U);
  }
}

}  // namespace
}  // namespace weir::tests
