#include "weir/runtime/attempt.h"

#include <algorithm>

#include <fmt/format.h>

#include "weir/runtime/sink_operator.h"

namespace weir::runtime {

/// Gives a source's splits to its readers in turn, in the order of discovery.
class Attempt::Assigner final : public SplitAssigner {
 public:
  Assigner(Attempt& attempt, TaskIndex task, std::string name, std::uint32_t readers)
      : attempt_(attempt), task_(task), name_(std::move(name)), readers_(readers) {}

  void assign(Split split) override {
    attempt_.task(task_, turn_).assign(std::move(split));
    turn_ = (turn_ + 1) % readers_;
  }
  void no_more_splits() override {
    for (std::uint32_t i = 0; i < readers_; ++i) attempt_.task(task_, i).no_more_splits();
  }
  void fail(std::exception_ptr error) override { attempt_.fail(name_, std::move(error)); }
  Host& host() override { return attempt_.host_; }
  std::uint32_t readers() const override { return readers_; }

 private:
  Attempt& attempt_;
  TaskIndex task_;
  std::string name_;
  std::uint32_t readers_;
  std::uint32_t turn_ = 0;
};

/// The channels of every edge, by edge, producing subtask and consuming subtask; null where none is. An edge that
/// shares another's channels has the same.
struct Attempt::Wiring {
  std::vector<std::vector<std::vector<Channel*>>> edges;
};

namespace {

/// The inputs that the lanes of an edge's channels bring batches for.
std::vector<InputIndex> lanes_of(const Plan& plan, std::size_t edge) {
  std::vector<InputIndex> lanes;
  for (const PlanEdge& other : plan.edges)
    if (other.shares == edge) lanes.push_back(other.input);
  return lanes;
}

}  // namespace

Attempt::Attempt(Host& host, const Graph& graph, const Plan& plan, const JobOptions& options, Events events)
    : host_(host), graph_(graph), plan_(plan), options_(options), events_(std::move(events)) {
  self_ = std::make_shared<Attempt*>(this);
}

Attempt::~Attempt() {
  over_ = true;
  self_.reset();
  for (auto& loop : loops_) loop->stop();
  enumerators_.clear();
  wakes_.clear();
  workers_.clear();
  loops_.clear();
}

void Attempt::start() {
  place_subtasks();
  make_wakes();
  Wiring wiring = make_channels();
  for (const PlanTask& task : plan_.tasks) {
    for (std::uint32_t subtask = 0; subtask < task.parallelism; ++subtask) make_task(task, subtask, wiring);
  }
  for (std::size_t w = 0; w < workers_.size(); ++w) {
    loops_.push_back(host_.start_loop(*workers_[w], fmt::format("weir-worker-{}", w)));
    workers_[w]->ready().set_loop(loops_.back().get());
  }
  for (const PlanTask& task : plan_.tasks) {
    for (std::uint32_t subtask = 0; subtask < task.parallelism; ++subtask) signal(task.index, subtask).raise();
  }
  // A bit that was set before its loop was known has woken nobody.
  for (auto& loop : loops_) loop->wake();
  start_enumerators();
}

void Attempt::place_subtasks() {
  const std::uint32_t workers = std::max<std::uint32_t>(options_.workers, 1);
  std::vector<std::size_t> load(workers, 0);
  for (const PlanTask& task : plan_.tasks) {
    std::vector<Place> places;
    // Equal subtasks of neighbouring tasks share a worker; tasks with few subtasks are spread.
    const std::uint32_t shift = task.parallelism < workers ? task.index.value() : 0;
    for (std::uint32_t subtask = 0; subtask < task.parallelism; ++subtask) {
      const std::size_t worker = (subtask + shift) % workers;
      places.push_back({worker, load[worker]++});
      ++subtasks_;
    }
    places_.push_back(std::move(places));
  }
  for (std::size_t w = 0; w < workers; ++w) {
    if (load[w] == 0) continue;
    workers_.push_back(std::make_unique<Worker>(load[w], listener()));
  }
  // Workers without tasks are left out: indexes close up.
  std::vector<std::size_t> renumbered(workers, 0);
  std::size_t next = 0;
  for (std::size_t w = 0; w < workers; ++w) renumbered[w] = load[w] == 0 ? next : next++;
  for (auto& places : places_)
    for (Place& place : places) place.worker = renumbered[place.worker];
}

void Attempt::make_wakes() {
  for (const PlanTask& task : plan_.tasks) {
    for (std::uint32_t subtask = 0; subtask < task.parallelism; ++subtask) {
      const TaskSignal bit = signal(task.index, subtask);
      wakes_.push_back(std::make_shared<const std::function<void()>>([bit] { bit.raise(); }));
    }
  }
}

TaskSignal Attempt::signal(TaskIndex task, std::uint32_t subtask) {
  const Place place = places_[task.value()][subtask];
  return workers_[place.worker]->signal(place.local);
}

Task& Attempt::task(TaskIndex task, std::uint32_t subtask) {
  const Place place = places_[task.value()][subtask];
  return workers_[place.worker]->task(place.local);
}

Attempt::Wiring Attempt::make_channels() {
  Wiring wiring;
  for (std::size_t e = 0; e < plan_.edges.size(); ++e) {
    const PlanEdge& edge = plan_.edges[e];
    if (edge.shares != e) {
      wiring.edges.push_back(wiring.edges[edge.shares]);
      continue;
    }
    const std::size_t lanes = lanes_of(plan_, e).size();
    const std::uint32_t producers = plan_.tasks[edge.producer.value()].parallelism;
    const std::uint32_t consumers = plan_.tasks[edge.consumer.value()].parallelism;
    const bool pairwise = edge.partitioning == Partitioning::kForward;
    const std::size_t fan_out = pairwise ? 1 : consumers;
    const std::size_t capacity = std::max<std::size_t>(2, options_.channel_batches / fan_out);
    std::vector<std::vector<Channel*>> by_producer(producers, std::vector<Channel*>(consumers, nullptr));
    for (std::uint32_t p = 0; p < producers; ++p) {
      for (std::uint32_t c = 0; c < consumers; ++c) {
        if (pairwise && p != c) continue;
        channels_.push_back(
            std::make_unique<Channel>(capacity, lanes, signal(edge.producer, p), signal(edge.consumer, c)));
        by_producer[p][c] = channels_.back().get();
      }
    }
    wiring.edges.push_back(std::move(by_producer));
  }
  return wiring;
}

void Attempt::make_task(const PlanTask& planned, std::uint32_t subtask, Wiring& wiring) {
  Task::Parts parts;
  parts.name = planned.parallelism == 1 ? planned.name
                                        : fmt::format("{} ({}/{})", planned.name, subtask + 1, planned.parallelism);
  parts.host = &host_;
  std::size_t global = 0;
  for (std::size_t t = 0; t < planned.index.value(); ++t) global += plan_.tasks[t].parallelism;
  parts.notifier = Notifier(wakes_[global + subtask]);

  for (const NodeId id : planned.chain) {
    const GraphNode& node = graph_.node(id);
    Chain::Stage stage;
    stage.name = node.name;
    if (node.source) {
      parts.reader = node.source->make_reader();
      parts.bounded = node.source->bounded();
    } else {
      stage.op = node.sink ? std::make_unique<SinkOperator>(node.sink->make_writer()) : node.make_operator();
    }
    for (const GraphPort& port : node.outputs) stage.outputs.add(port.make(options_.batch_size));
    stage.edges.resize(node.outputs.size());
    for (std::size_t e = 0; e < plan_.edges.size(); ++e) {
      const PlanEdge& edge = plan_.edges[e];
      if (edge.from != id) continue;
      std::vector<Channel*> targets;
      for (Channel* channel : wiring.edges[e][subtask])
        if (channel != nullptr) targets.push_back(channel);
      stage.edges[edge.port].emplace_back(edge, stage.outputs.at(edge.port), std::move(targets), options_.key_groups);
    }
    metrics_.push_back(std::make_unique<SubtaskMetrics>());
    metrics_.back()->node = id;
    metrics_.back()->subtask = SubtaskIndex(subtask);
    stage.metrics = &metrics_.back()->counters;

    OperatorContext context;
    context.name = node.name;
    context.subtask = SubtaskIndex(subtask);
    context.parallelism = planned.parallelism;
    context.key_groups = options_.key_groups;
    context.drain = options_.drain;
    context.host = &host_;
    context.notifier = parts.notifier;
    context.metrics = stage.metrics;
    parts.contexts.push_back(std::move(context));
    parts.stages.push_back(std::move(stage));
  }
  for (std::size_t e = 0; e < plan_.edges.size(); ++e) {
    const PlanEdge& edge = plan_.edges[e];
    if (edge.consumer != planned.index || edge.shares != e) continue;
    for (auto& by_consumer : wiring.edges[e])
      if (by_consumer[subtask] != nullptr) parts.gate.add(*by_consumer[subtask], lanes_of(plan_, e));
  }
  const Place place = places_[planned.index.value()][subtask];
  workers_[place.worker]->add_task(std::make_unique<Task>(std::move(parts)));
}

void Attempt::start_enumerators() {
  for (const PlanTask& task : plan_.tasks) {
    const GraphNode& node = graph_.node(task.chain.front());
    if (!node.source) continue;
    assigners_.push_back(std::make_unique<Assigner>(*this, task.index, node.name, task.parallelism));
    enumerators_.push_back(node.source->make_enumerator());
    enumerators_.back()->start(*assigners_.back());
  }
}

TaskListener Attempt::listener() {
  std::weak_ptr<Attempt*> weak = self_;
  Host* host = &host_;
  const auto post = [weak, host](auto act) {
    host->post([weak, act] {
      if (auto self = weak.lock()) act(**self);
    });
  };
  TaskListener listener;
  listener.on_ended = [post](Task&) { post([](Attempt& attempt) { attempt.task_ended(); }); };
  listener.on_delivered = [post](Task&) { post([](Attempt& attempt) { attempt.task_delivered(); }); };
  listener.on_failed = [post](Task& task, std::exception_ptr error) {
    post([where = task.where(), error](Attempt& attempt) { attempt.fail(where, error); });
  };
  return listener;
}

void Attempt::task_ended() {
  if (++ended_ < subtasks_ || over_) return;
  for (const PlanTask& planned : plan_.tasks) {
    for (std::uint32_t subtask = 0; subtask < planned.parallelism; ++subtask) task(planned.index, subtask).deliver();
  }
}

void Attempt::task_delivered() {
  if (++delivered_ < subtasks_ || over_) return;
  over_ = true;
  events_.on_finished();
}

void Attempt::fail(std::string where, std::exception_ptr error) {
  if (over_) return;
  over_ = true;
  events_.on_failed(std::move(where), std::move(error));
}

}  // namespace weir::runtime
