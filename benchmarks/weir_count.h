#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "benchmarks/result.h"
#include "benchmarks/settings.h"

namespace weir {
class Environment;
}

namespace weir::benchmarks {

class AnswerSink;

/// The query as streams of a job. `parallelism`: of the source, which is divided into so many parts.
void add_weir_count(Environment& env, const Settings& settings, std::uint32_t parallelism,
                    std::shared_ptr<AnswerSink> sink);

/// The same query as a Weir job in this process: source, pre-aggregation, exchange, windows and a sink, on real
/// threads. `workers` is also the parallelism of every operator. With an interval the job takes checkpoints, its state
/// in RocksDB, in a directory that is made for the run and removed.
Result run_weir_count(std::uint32_t workers, const Settings& settings,
                      std::optional<Duration> checkpoint_interval = std::nullopt);

}  // namespace weir::benchmarks
