#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "weir/checkpoint/coordinator.h"
#include "weir/core/codec.h"
#include "weir/core/error.h"
#include "weir/sim/world.h"

namespace weir::checkpoint {

inline std::string text_of(const std::exception_ptr& error) {
  if (error == nullptr) return {};
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& caught) {
    return caught.what();
  }
}

/// Errors: when that takes longer than any test should.
inline void run_until(sim::World& world, const std::function<bool()>& done) {
  world.run_until(done, {.time = std::chrono::minutes(10)});
}

inline Options options_for_test() {
  Options options;
  options.directory = "/checkpoints";
  options.job = "orders";
  options.holder = "here:1";
  options.interval = Duration(1000);
  options.timeout = Duration(10'000);
  return options;
}

/// Two tasks, "numbers" with one subtask and "files", a sink, with two: enough of a job for a coordinator. What
/// happens is kept for the test to look at; what tasks do is up to the test, too, unless `answers` is set.
class FakeJob {
 public:
  explicit FakeJob(sim::World& world, Options options = options_for_test()) : world_(world) {
    CoordinatedJob job;
    job.exactly_once = true;
    job.shape = {7, 16, {{"numbers", NodeKind::kSource, 1}, {"files", NodeKind::kSink, 2}}};
    Coordinator::Events events;
    events.trigger = [this](const Trigger& trigger) {
      triggers.push_back(trigger);
      if (answers) acknowledge_all(trigger.checkpoint);
    };
    events.completed = [this](std::shared_ptr<const Manifest> manifest) {
      completed.push_back(std::move(manifest));
      if (delivers) coordinator->delivered(completed.back()->checkpoint);
    };
    events.aborted = [this](CheckpointId checkpoint, const std::string& why) { aborted.emplace_back(checkpoint, why); };
    events.failed = [this](const std::exception_ptr& error) { failure = text_of(error); };
    events.finished = [this] { finished = true; };
    events.warn = [this](const std::string& warning) { warnings.push_back(warning); };
    coordinator = std::make_unique<Coordinator>(world, std::move(options), std::move(job), std::move(events));
  }

  /// Errors: what open() told.
  Opened open() {
    return wait([this](Coordinator::OnOpened done) { coordinator->open(std::move(done)); });
  }
  Opened restore() {
    return wait([this](Coordinator::OnOpened done) { coordinator->restore(std::move(done)); });
  }

  /// open() and an attempt, in which tasks answer every trigger.
  Opened start() {
    Opened opened = open();
    answers = true;
    delivers = true;
    begin();
    return opened;
  }

  void begin(std::uint32_t attempt = 1) {
    attempt_ = AttemptId(attempt);
    coordinator->begin_attempt(attempt_, {{"numbers", 1}, {"files", 2}});
  }

  void close(Coordinator::Keep keep = Coordinator::Keep::kYes) {
    bool closed = false;
    std::exception_ptr error;
    coordinator->close(keep, [&](const std::exception_ptr& what) {
      error = what;
      closed = true;
    });
    run_until(world_, [&] { return closed; });
    if (error != nullptr) std::rethrow_exception(error);
  }

  TaskSnapshot source_snapshot(std::uint64_t position) const {
    OperatorSnapshot source;
    source.name = "numbers";
    source.splits.push_back({{"all", std::to_string(position)}, {}});
    return {{std::move(source)}, 0, 0};
  }
  TaskSnapshot sink_snapshot(SubtaskIndex subtask) const {
    OperatorSnapshot sink;
    sink.name = "files";
    sink.subtask = subtask;
    sink.parallelism = 2;
    if (subtask.value() < staged.size()) sink.staged = staged[subtask.value()];
    return {{std::move(sink)}, 5'000 * (subtask.value() + 1), 3};
  }

  void acknowledge_source(CheckpointId checkpoint) {
    coordinator->acknowledge(attempt_, checkpoint, TaskIndex(0), SubtaskIndex(0), source_snapshot(checkpoint.value()));
  }
  void acknowledge_sink(CheckpointId checkpoint, std::uint32_t subtask) {
    coordinator->acknowledge(attempt_, checkpoint, TaskIndex(1), SubtaskIndex(subtask),
                             sink_snapshot(SubtaskIndex(subtask)));
  }
  void acknowledge_all(CheckpointId checkpoint) {
    acknowledge_source(checkpoint);
    acknowledge_sink(checkpoint, 0);
    acknowledge_sink(checkpoint, 1);
  }

  void run_until_triggered(std::size_t times) {
    run_until(world_, [&] { return triggers.size() >= times; });
  }
  void run_until_completed(std::size_t times) {
    run_until(world_, [&] { return completed.size() >= times; });
  }
  void run_until_aborted(std::size_t times) {
    run_until(world_, [&] { return aborted.size() >= times; });
  }

  bool answers = false;               ///< tasks acknowledge at once
  bool delivers = false;              ///< sinks deliver at once
  std::vector<StagedOutputs> staged;  ///< by subtask of the sink: what it tells

  std::vector<Trigger> triggers;
  std::vector<std::shared_ptr<const Manifest>> completed;
  std::vector<std::pair<CheckpointId, std::string>> aborted;
  std::vector<std::string> warnings;
  std::string failure;
  bool finished = false;
  std::unique_ptr<Coordinator> coordinator;

 private:
  template <class Start>
  Opened wait(Start start) {
    std::optional<Opened> opened;
    std::exception_ptr error;
    start([&](Opened result, const std::exception_ptr& what) {
      opened = std::move(result);
      error = what;
    });
    run_until(world_, [&] { return opened.has_value(); });
    if (error != nullptr) std::rethrow_exception(error);
    return std::move(*opened);
  }

  sim::World& world_;
  AttemptId attempt_{1};
};

/// The position of the source in a manifest.
inline std::string position_in(const Manifest& manifest) {
  for (const OperatorSnapshot& snapshot : manifest.operators)
    if (snapshot.name == "numbers") return snapshot.splits.at(0).split.position;
  return "not there";
}

}  // namespace weir::checkpoint
