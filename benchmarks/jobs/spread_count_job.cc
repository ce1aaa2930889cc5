// Bids per auction in tumbling windows, as a job for a cluster. Prints parts of the answer: rows and the sum of their
// hashes.

#include <memory>

#include <fmt/format.h>

#include "weir/weir.h"

#include "benchmarks/answer_sink.h"
#include "benchmarks/settings.h"
#include "benchmarks/weir_count.h"

namespace {

void count(weir::Environment& env) {
  weir::benchmarks::Settings settings;
  settings.events = env.args().get<std::int64_t>("events", settings.events, "people, auctions and bids");
  settings.keys = env.args().get<std::int64_t>("keys", 0, "0: a key for each auction; else auction mod keys");
  const auto splits = env.args().get<std::uint32_t>("splits", 2, "parts of the source");
  weir::benchmarks::add_weir_count(
      env, settings, splits,
      std::make_shared<weir::benchmarks::AnswerSink>([](weir::Host& host, const weir::benchmarks::Answer& part) {
        host.print(weir::StandardStream::kOut, part.to_text() + "\n");
      }));
}

}  // namespace

int main(int argc, char** argv) { return weir::run(argc, argv, "Spread count", count); }
