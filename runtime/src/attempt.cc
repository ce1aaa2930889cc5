#include "weir/runtime/attempt.h"

#include <algorithm>
#include <set>
#include <string>

#include <fmt/format.h>

#include "weir/checkpoint/store.h"
#include "weir/core/error.h"
#include "weir/runtime/saved_splits.h"
#include "weir/runtime/sink_operator.h"

#include "subtask_counts.h"

namespace weir::runtime {

/// Gives a source's splits to its readers in turn, in the order of discovery. Those that a checkpoint knows are given
/// already.
class Attempt::Assigner final : public SplitAssigner {
 public:
  Assigner(Attempt& attempt, TaskIndex task, std::string name, std::uint32_t readers, const SavedSplits& saved)
      : attempt_(attempt), task_(task), name_(std::move(name)), readers_(readers), known_(saved.ids()) {}

  void assign(Split split) override {
    if (known_.contains(split.id)) return;
    attempt_.give(task_, SubtaskIndex(turn_), std::move(split));
    turn_ = (turn_ + 1) % readers_;
  }
  void no_more_splits() override {
    for (std::uint32_t i = 0; i < readers_; ++i) attempt_.give_no_more(task_, SubtaskIndex(i));
  }
  void fail(std::exception_ptr error) override { attempt_.fail(name_, std::move(error)); }
  Host& host() override { return attempt_.host_; }
  std::uint32_t readers() const override { return readers_; }

 private:
  Attempt& attempt_;
  TaskIndex task_;
  std::string name_;
  std::uint32_t readers_;
  std::set<std::string> known_;
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

/// How the batches of these lanes cross to another process. Errors: UserError for a type that cannot.
std::vector<Exchange::Lane> crossing_lanes(const Graph& graph, const Plan& plan, std::size_t edge,
                                           std::size_t batch_size) {
  std::vector<Exchange::Lane> lanes;
  for (const PlanEdge& other : plan.edges) {
    if (other.shares != edge) continue;
    const GraphPort& port = graph.node(other.from).outputs[other.port];
    if (!port.codec)
      throw UserError(
          fmt::format("records of type {} from '{}' cannot be sent to another process: give the type "
                      "WEIR_FIELDS or a weir::Codec, or run the job where one TaskManager has all its slots",
                      port.type, graph.node(other.from).name));
    const auto hashes = other.partitioning == Partitioning::kHash ? WithHashes::kYes : WithHashes::kNo;
    lanes.push_back({port.codec, hashes, batch_size});
  }
  return lanes;
}

/// How many channels an attempt has, those of all its processes.
std::size_t count_channels(const Plan& plan) {
  std::size_t channels = 0;
  for (std::size_t e = 0; e < plan.edges.size(); ++e) {
    const PlanEdge& edge = plan.edges[e];
    if (edge.shares != e) continue;
    const std::size_t producers = plan.tasks[edge.producer.value()].parallelism;
    channels += edge.partitioning == Partitioning::kForward ? producers
                                                            : producers * plan.tasks[edge.consumer.value()].parallelism;
  }
  return channels;
}

}  // namespace

Attempt::Attempt(Host& host, const Graph& graph, const Plan& plan, const JobOptions& options,
                 std::optional<AttemptCheckpoints> checkpoints, Events events, Share share)
    : host_(host),
      graph_(graph),
      plan_(plan),
      options_(options),
      checkpoints_(std::move(checkpoints)),
      events_(std::move(events)),
      share_(std::move(share)) {
  self_ = std::make_shared<Attempt*>(this);
}

Attempt::~Attempt() {
  over_ = true;
  self_.reset();
  if (share_.others != nullptr && exchange_ != nullptr) share_.others->end();
  for (auto& loop : loops_) loop->stop();
  enumerators_.clear();
  wakes_.clear();
  if (exchange_ != nullptr) exchange_->stop();
  workers_.clear();
  loops_.clear();
}

void Attempt::start() {
  place_subtasks();
  make_wakes();
  make_exchange();
  Wiring wiring = make_channels();
  for (const PlanTask& task : plan_.tasks) {
    for (std::uint32_t subtask = 0; subtask < task.parallelism; ++subtask)
      if (is_mine(subtask)) make_task(task, subtask, wiring);
  }
  for (std::size_t w = 0; w < workers_.size(); ++w) {
    if (exchange_ != nullptr) workers_[w]->serve(*exchange_);
    loops_.push_back(host_.start_loop(*workers_[w], fmt::format("weir-worker-{}", w)));
    workers_[w]->ready().set_loop(loops_.back().get());
  }
  for_each_subtask([this](const PlanTask& task, std::uint32_t subtask) { signal(task.index, subtask).raise(); });
  // A bit that was set before its loop was known has woken nobody.
  for (auto& loop : loops_) loop->wake();
  if (share_.others != nullptr && exchange_ != nullptr) {
    OtherProcesses::Beginning beginning;
    beginning.checkpoints = checkpoints_.has_value();
    if (checkpoints_) {
      beginning.attempt = checkpoints_->attempt;
      beginning.generation = checkpoints_->generation;
      beginning.from = checkpoints_->from;
    }
    share_.others->begin(*this, *exchange_, beginning);
  }
  start_sources();
  if (checkpoints_ && checkpoints_->from != nullptr) host_.crash_point("restore: tasks running");
}

template <class Call>
void Attempt::for_each_subtask(Call&& call) {
  for (const PlanTask& planned : plan_.tasks) {
    for (std::uint32_t subtask = 0; subtask < planned.parallelism; ++subtask)
      if (is_mine(subtask)) call(planned, subtask);
  }
}

bool Attempt::is_mine(std::uint32_t subtask) const {
  return share_.placement.process_of(SubtaskIndex(subtask)) == share_.process;
}

template <class Call>
void Attempt::for_each_source(Call&& call) {
  for_each_subtask([&](const PlanTask& planned, std::uint32_t subtask) {
    if (graph_.node(planned.chain.front()).source) call(task(planned.index, subtask));
  });
}

void Attempt::trigger(const checkpoint::Trigger& trigger) {
  for (const KeyedStage& keyed : keyed_)
    keyed.files->set_base(checkpoint::base_files(trigger.base.get(), keyed.name, keyed.subtask, keyed.parallelism));
  const EndOfInput end = trigger.final ? EndOfInput::kYes : EndOfInput::kNo;
  for_each_source([&](Task& source) { source.trigger(trigger.checkpoint, end, trigger.sources); });
  if (share_.others != nullptr) share_.others->trigger(trigger);
}

void Attempt::completed(CheckpointId checkpoint) {
  for_each_subtask(
      [&](const PlanTask& planned, std::uint32_t subtask) { task(planned.index, subtask).completed(checkpoint); });
  if (share_.others != nullptr) share_.others->completed(checkpoint);
}

std::vector<checkpoint::CoordinatedTask> Attempt::tasks() const {
  std::vector<checkpoint::CoordinatedTask> tasks;
  for (const PlanTask& planned : plan_.tasks) tasks.push_back({planned.name, planned.parallelism});
  return tasks;
}

std::vector<std::pair<std::string, std::string>> Attempt::damaged_files() const {
  std::vector<std::pair<std::string, std::string>> damaged = told_damaged_;
  for (const KeyedStage& keyed : keyed_) {
    if (auto file = keyed.files->damaged()) damaged.push_back(std::move(*file));
  }
  return damaged;
}

void Attempt::place_subtasks() {
  const std::uint32_t workers = std::max<std::uint32_t>(options_.workers, 1);
  std::vector<std::size_t> load(workers, 0);
  for (const PlanTask& task : plan_.tasks) {
    std::vector<Place> places;
    // Equal subtasks of neighbouring tasks share a worker; tasks with few subtasks are spread.
    const std::uint32_t shift = task.parallelism < workers ? task.index.value() : 0;
    std::uint32_t mine = 0;
    for (std::uint32_t subtask = 0; subtask < task.parallelism; ++subtask) {
      ++subtasks_;
      if (!is_mine(subtask)) {
        places.push_back({});
        continue;
      }
      const std::size_t worker = (mine++ + shift) % workers;
      places.push_back({worker, load[worker]++});
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
      if (!is_mine(subtask)) {
        wakes_.push_back(nullptr);
        continue;
      }
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

void Attempt::make_exchange() {
  if (share_.placement.processes() == 1) return;
  exchange_ = std::make_unique<Exchange>(host_, count_channels(plan_), share_.placement.processes(),
                                         [this](std::exception_ptr error) { fail("the exchange", std::move(error)); });
}

/// One channel of an edge.
struct Attempt::ChannelPlan {
  std::size_t edge;
  std::size_t id;  ///< the same in all processes
  std::uint32_t producer;
  std::uint32_t consumer;
  std::size_t capacity;
};

Channel* Attempt::make_channel(const ChannelPlan& plan) {
  const PlanEdge& edge = plan_.edges[plan.edge];
  const bool sends = is_mine(plan.producer);
  const bool receives = is_mine(plan.consumer);
  if (!sends && !receives) return nullptr;
  if (sends && receives) {
    channels_.push_back(std::make_unique<Channel>(plan.capacity, lanes_of(plan_, plan.edge).size(),
                                                  signal(edge.producer, plan.producer),
                                                  signal(edge.consumer, plan.consumer)));
    return channels_.back().get();
  }
  auto lanes = crossing_lanes(graph_, plan_, plan.edge, options_.batch_size);
  const auto process_of = [this](std::uint32_t subtask) { return share_.placement.process_of(SubtaskIndex(subtask)); };
  return sends ? &exchange_->send(plan.id, process_of(plan.consumer), plan.capacity, std::move(lanes),
                                  signal(edge.producer, plan.producer))
               : &exchange_->receive(plan.id, process_of(plan.producer), plan.capacity, std::move(lanes),
                                     signal(edge.consumer, plan.consumer));
}

Attempt::Wiring Attempt::make_channels() {
  Wiring wiring;
  std::size_t id = 0;
  for (std::size_t e = 0; e < plan_.edges.size(); ++e) {
    const PlanEdge& edge = plan_.edges[e];
    if (edge.shares != e) {
      wiring.edges.push_back(wiring.edges[edge.shares]);
      continue;
    }
    const std::uint32_t producers = plan_.tasks[edge.producer.value()].parallelism;
    const std::uint32_t consumers = plan_.tasks[edge.consumer.value()].parallelism;
    const bool pairwise = edge.partitioning == Partitioning::kForward;
    const std::size_t fan_out = pairwise ? 1 : consumers;
    const std::size_t capacity = std::max<std::size_t>(2, options_.channel_batches / fan_out);
    std::vector<std::vector<Channel*>> by_producer(producers, std::vector<Channel*>(consumers, nullptr));
    for (std::uint32_t p = 0; p < producers; ++p) {
      for (std::uint32_t c = 0; c < consumers; ++c) {
        if (pairwise && p != c) continue;
        by_producer[p][c] = make_channel({e, id++, p, c, capacity});
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
  parts.checkpoints = checkpoints_.has_value();
  parts.events = task_events(planned.index, SubtaskIndex(subtask));
  std::size_t global = 0;
  for (std::size_t t = 0; t < planned.index.value(); ++t) global += plan_.tasks[t].parallelism;
  parts.notifier = Notifier(wakes_[global + subtask]);

  metrics_.resize(plan_.tasks.size());
  metrics_[planned.index.value()].resize(planned.parallelism);
  auto& metrics = metrics_[planned.index.value()][subtask];
  metrics = std::make_unique<TaskMetrics>(host_, planned.chain.size());
  parts.metrics = metrics.get();

  for (std::size_t at = 0; at < planned.chain.size(); ++at) {
    const NodeId id = planned.chain[at];
    const GraphNode& node = graph_.node(id);
    Chain::Stage stage;
    stage.name = node.name;
    if (node.source) {
      parts.reader = node.source->make_reader();
      parts.bounded = node.source->bounded();
    } else if (node.sink) {
      stage.op = std::make_unique<SinkOperator>(node.sink->make_writer());
    } else {
      stage.op = node.make_operator();
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
    stage.metrics = metrics->operators[at].get();

    OperatorContext context;
    context.name = node.name;
    context.subtask = SubtaskIndex(subtask);
    context.parallelism = planned.parallelism;
    context.key_groups = options_.key_groups;
    context.drain = options_.drain;
    context.host = &host_;
    context.notifier = parts.notifier;
    context.metrics = stage.metrics;
    context.checkpoints = checkpoints_.has_value();
    parts.states.push_back(make_stage_state(node, context, stage));
    context.state = parts.states.back().keyed.get();
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

StageState Attempt::make_stage_state(const GraphNode& node, const OperatorContext& context, const Chain::Stage& stage) {
  StageState state;
  state.node = node.id;
  state.name = node.name;
  state.subtask = context.subtask;
  state.parallelism = context.parallelism;
  state.op = stage.op.get();
  if (node.sink) state.sink = static_cast<SinkOperator*>(stage.op.get());
  if (checkpoints_) state.saved = SavedOperator(checkpoints_->from, node.name, context.subtask, context.parallelism);
  if (!node.keyed) return state;
  state::KeyedState::Options options;
  options.operator_name = node.name;
  options.range = key_groups_of(context.subtask, context.parallelism, options_.key_groups);
  options.key_groups = options_.key_groups;
  options.host = &host_;
  options.notifier = context.notifier;
  options.slice_rows = options_.drain_slice_rows;
  options.non_restored = options_.non_restored();
  if (checkpoints_) {
    const std::string& directory = checkpoints_->local->directory();
    const checkpoint::StateWriter writer{checkpoints_->generation, checkpoints_->attempt, CheckpointId(0), node.id,
                                         context.subtask};
    state.files = std::make_shared<StateFiles>(checkpoints_->store, writer, directory);
    keyed_.push_back({node.name, context.subtask, context.parallelism, state.files});
    options.cold = checkpoints_->local->cold_store(node.id, context.subtask);
    options.export_directory = fmt::format("{}/export-{}", directory, LocalState::name_of(node.id, context.subtask));
    options.store_files = StateFiles::store_files(state.files);
    options.make_scratch = checkpoints_->local->scratch_stores(node.id, context.subtask);
    options.memory = options_.state_share;
  }
  state.keyed = std::make_unique<state::KeyedState>(std::move(options));
  return state;
}

TaskEvents Attempt::task_events(TaskIndex task, SubtaskIndex subtask) {
  TaskEvents events;
  events.acknowledge = [post = poster(), task, subtask](CheckpointId checkpoint, TaskSnapshot snapshot) {
    auto shared = std::make_shared<TaskSnapshot>(std::move(snapshot));
    post([=](Attempt& attempt) {
      if (!attempt.over_) attempt.events_.on_acknowledged(checkpoint, task, subtask, std::move(*shared));
    });
  };
  events.decline = [post = poster(), task, subtask](CheckpointId checkpoint, std::string why) {
    post([=](Attempt& attempt) {
      if (!attempt.over_) attempt.events_.on_declined(checkpoint, task, subtask, why);
    });
  };
  events.exhausted = [post = poster()] { post([](Attempt& attempt) { attempt.source_exhausted(); }); };
  return events;
}

void Attempt::start_sources() {
  bool restored = false;
  for (const PlanTask& planned : plan_.tasks) {
    const GraphNode& node = graph_.node(planned.chain.front());
    if (!node.source) continue;
    sources_left_ += planned.parallelism;
    const SavedSplits saved(checkpoints_ ? checkpoints_->from : nullptr, node.name, planned.parallelism);
    for (std::uint32_t subtask = 0; subtask < planned.parallelism; ++subtask) {
      if (is_mine(subtask)) task(planned.index, subtask).assign_restored(saved.of(subtask));
    }
    restored = restored || saved.found();
    if (share_.process != 0) continue;
    assigners_.push_back(std::make_unique<Assigner>(*this, planned.index, node.name, planned.parallelism, saved));
    // What a source without further splits had found is all there is, whatever stands there now.
    if (saved.complete()) {
      assigners_.back()->no_more_splits();
      continue;
    }
    enumerators_.push_back(node.source->make_enumerator());
    enumerators_.back()->start(*assigners_.back());
  }
  if (restored) host_.crash_point("restore: sources positioned");
}

void Attempt::give(TaskIndex task, SubtaskIndex subtask, Split split) {
  is_mine(subtask.value()) ? assign(task, subtask, std::move(split)) : share_.others->assign(task, subtask, split);
}

void Attempt::give_no_more(TaskIndex task, SubtaskIndex subtask) {
  is_mine(subtask.value()) ? no_more_splits(task, subtask) : share_.others->no_more_splits(task, subtask);
}

void Attempt::assign(TaskIndex task, SubtaskIndex subtask, Split split) {
  this->task(task, subtask.value()).assign(std::move(split));
}

void Attempt::no_more_splits(TaskIndex task, SubtaskIndex subtask) {
  this->task(task, subtask.value()).no_more_splits();
}

std::function<void(std::function<void(Attempt&)>)> Attempt::poster() {
  return [weak = std::weak_ptr<Attempt*>(self_), host = &host_](std::function<void(Attempt&)> act) {
    host->post([weak, act = std::move(act)] {
      if (auto self = weak.lock()) act(**self);
    });
  };
}

TaskListener Attempt::listener() {
  TaskListener listener;
  listener.on_ended = [post = poster()](Task& task) {
    post([staged = task.staged()](Attempt& attempt) { attempt.task_ended(staged); });
  };
  listener.on_failed = [post = poster()](Task& task, std::exception_ptr error) {
    post([where = task.where(), error](Attempt& attempt) { attempt.fail(where, error); });
  };
  return listener;
}

void Attempt::task_ended(const std::vector<SinkDelivery>& staged) {
  if (events_.on_subtask_ended) return events_.on_subtask_ended(staged);
  for (const SinkDelivery& of : staged) {
    auto sink = std::find_if(staged_.begin(), staged_.end(),
                             [&of](const SinkDelivery& known) { return known.sink == of.sink; });
    if (sink == staged_.end()) sink = staged_.insert(staged_.end(), SinkDelivery{of.sink, {}});
    sink->outputs.insert(sink->outputs.end(), of.outputs.begin(), of.outputs.end());
  }
  if (++ended_ < subtasks_ || over_) return;
  over_ = true;
  events_.on_ended(std::move(staged_));
}

void Attempt::source_exhausted() {
  if (events_.on_source_exhausted) return events_.on_source_exhausted();
  if (--sources_left_ == 0 && !over_) events_.on_exhausted();
}

void Attempt::fail(std::string where, std::exception_ptr error) {
  if (over_) return;
  over_ = true;
  events_.on_failed(std::move(where), std::move(error));
}

// ---- of other processes -----------------------------------------------------------------------------------------

void Attempt::acknowledged(CheckpointId checkpoint, TaskIndex task, SubtaskIndex subtask, TaskSnapshot snapshot) {
  if (!over_) events_.on_acknowledged(checkpoint, task, subtask, std::move(snapshot));
}

void Attempt::declined(CheckpointId checkpoint, TaskIndex task, SubtaskIndex subtask, const std::string& why) {
  if (!over_) events_.on_declined(checkpoint, task, subtask, why);
}

void Attempt::failed(const std::string& where, std::exception_ptr error,
                     const std::vector<std::pair<std::string, std::string>>& damaged) {
  told_damaged_.insert(told_damaged_.end(), damaged.begin(), damaged.end());
  fail(where, std::move(error));
}

void Attempt::reported(std::uint32_t process, ShareReport report) { told_[process] = std::move(report); }

ShareReport Attempt::report() const {
  ShareReport report = count_subtasks(graph_, plan_, metrics_, host_.monotonic_now());
  for (const auto& [process, told] : told_) report.add(told);
  return report;
}

}  // namespace weir::runtime
