#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "weir/core/blocking_call.h"
#include "weir/core/error.h"
#include "weir/core/fields.h"
#include "weir/core/graph.h"
#include "weir/core/hash.h"
#include "weir/core/snapshot.h"
#include "weir/state/value_state.h"

// A job whose records can be counted: for each key its source says 1, 2, 3 ..., keyed state remembers the last, and a
// transactional target shows what was delivered.

namespace weir::runtime {

struct Event {
  int key = 0;
  int number = 0;

  friend auto operator<=>(const Event&, const Event&) = default;
};
WEIR_FIELDS(Event, key, number);

using Events = std::vector<Event>;

/// What a sequence source says.
struct SequenceScript {
  std::string name = "sequence";
  int splits = 3;
  int keys = 2;      ///< of each split, all its own
  int numbers = 50;  ///< of each key
  int first_key = 0;
  int burst = 5;                                                 ///< records a poll
  std::chrono::nanoseconds pace = std::chrono::milliseconds(4);  ///< from one burst of a reader to its next

  int records() const { return keys * numbers; }
  Event record(int split, int at) const { return {first_key + split * keys + at % keys, at / keys + 1}; }

  Events all() const {
    Events events;
    for (int split = 0; split < splits; ++split)
      for (int at = 0; at < records(); ++at) events.push_back(record(split, at));
    return events;
  }
};

class SequenceSource final : public Source {
 public:
  explicit SequenceSource(SequenceScript script) : script_(std::move(script)) {}

  bool bounded() const override { return true; }
  bool replayable() const override { return true; }
  std::unique_ptr<SplitEnumerator> make_enumerator() const override { return std::make_unique<Enumerator>(script_); }
  std::unique_ptr<SourceReader> make_reader() const override { return std::make_unique<Reader>(script_); }

 private:
  /// Finds splits one after the other, so that a checkpoint may know a part of them.
  class Enumerator final : public SplitEnumerator {
   public:
    explicit Enumerator(const SequenceScript& script) : splits_(script.splits) {}
    void start(SplitAssigner& assigner) override {
      assigner_ = &assigner;
      find();
    }

   private:
    void find() {
      if (next_ == splits_) return assigner_->no_more_splits();
      assigner_->assign({fmt::format("split {}", next_++), ""});
      timer_ =
          assigner_->host().at(assigner_->host().monotonic_now() + std::chrono::milliseconds(3), [this] { find(); });
    }

    int splits_;
    int next_ = 0;
    SplitAssigner* assigner_ = nullptr;
    std::unique_ptr<Timer> timer_;
  };

  class Reader final : public SourceReader {
   public:
    explicit Reader(SequenceScript script) : script_(std::move(script)) {}

    void open(const OperatorContext& context) override {
      host_ = context.host;
      notifier_ = context.notifier;
    }
    void add_split(const Split& split, SplitIndex index) override {
      const int at = split.position.empty() ? 0 : std::stoi(split.position);
      shares_.push_back({std::stoi(split.id.substr(6)), at, index});
    }
    void no_more_splits() override { no_more_ = true; }

    Poll poll(Outputs& out) override {
      if (host_->monotonic_now() < next_burst_) return Poll::kWait;
      for (std::size_t looked = 0; looked < shares_.size(); ++looked) {
        Share& share = shares_[turn_];
        turn_ = (turn_ + 1) % shares_.size();
        if (share.at == script_.records()) continue;
        out.set_split(share.index);
        for (int i = 0; i < script_.burst && share.at < script_.records(); ++i)
          out.port<Event>().emit(script_.record(share.split, share.at++), kNoTimestamp);
        if (share.at == script_.records()) out.split(share.index, SplitEvent::kFinished);
        next_burst_ = host_->monotonic_now() + script_.pace;
        timer_ = host_->at(next_burst_, [notifier = notifier_] { notifier.notify(); });
        return Poll::kMore;
      }
      return no_more_ ? Poll::kExhausted : Poll::kWait;
    }

    std::vector<Split> splits() const override {
      std::vector<Split> splits;
      for (const Share& share : shares_)
        splits.push_back({fmt::format("split {}", share.split), std::to_string(share.at)});
      return splits;
    }

   private:
    struct Share {
      int split;
      int at;  ///< records that were emitted
      SplitIndex index;
    };

    SequenceScript script_;
    Host* host_ = nullptr;
    Notifier notifier_;
    std::vector<Share> shares_;
    std::size_t turn_ = 0;
    bool no_more_ = false;
    MonotonicTime next_burst_ = MonotonicTime::min();
    std::unique_ptr<Timer> timer_;
  };

  SequenceScript script_;
};

/// Passes events on and remembers the last number of each key. At the end a subtask tells how many it has handled, as
/// the number of a key below zero. Port 1, if there is one, gets every event with an even number too.
class Follow final : public Operator {
 public:
  struct Watch {
    std::uint64_t jumps = 0;                 ///< events whose number was not one more than the last
    std::function<void(const Event&)> look;  ///< sees every event before it is handled, and may throw
  };

  explicit Follow(std::shared_ptr<Watch> watch) : watch_(std::move(watch)) {}

  void open(const OperatorContext& context) override {
    subtask_ = static_cast<int>(context.subtask.value());
    last_.open(*context.state, "last");
  }

  Progress process(InputIndex, BatchPtr& batch, std::size_t from, Outputs& out) override {
    const auto& events = static_cast<const Batch<Event>&>(*batch);
    for (std::size_t i = from; i < events.size(); ++i) {
      if (out.full()) return {i, Stop::kOutputFull};
      const Event& event = events[i];
      if (watch_->look) watch_->look(event);
      key_.set(hash_key(event.key), event.key);
      int& last = last_.update();
      if (event.key >= 0 && event.number != last + 1) ++watch_->jumps;
      last = event.number;
      ++handled_;
      out.port<Event>().emit(event, kNoTimestamp);
      if (out.size() > 1 && event.number % 2 == 0) out.port<Event>(1).emit(event, kNoTimestamp);
    }
    return {events.size(), Stop::kDone};
  }

  Stop on_end(Outputs& out) override {
    out.port<Event>().emit(Event{-1 - subtask_, handled_}, kNoTimestamp);
    return Stop::kDone;
  }

  void save(SavedValues& values) const override { values.put("handled", handled_); }
  void restore(const SavedValues& values) override { handled_ = values.get<int>("handled").value(); }
  /// The first of the subtasks answers for all that were handled before.
  bool restore_rescaled(const std::vector<SavedValues>& before) override {
    for (const SavedValues& values : before)
      if (subtask_ == 0) handled_ += values.get<int>("handled").value();
    return true;
  }

 private:
  std::shared_ptr<Watch> watch_;
  int subtask_ = 0;
  int handled_ = 0;
  state::CurrentKey<int> key_;
  state::ValueState<int, int> last_{key_};
};

/// Where a transactional sink writes to: outside of the process, so that nothing that happens to it loses anything.
struct Target {
  std::map<std::string, Events> staged;
  std::set<std::string> delivered;
  Events seen;
  int handles = 0;
  int abandoned = 0;
  std::chrono::nanoseconds staging_takes{0};
  int failing_deliveries = 0;
  std::function<void(Host&)> recovering = [](Host&) {};  ///< is called when the target is about to be recovered
  std::function<void()> preparing = [] {};               ///< and this one when it is prepared
  std::function<void()> abandoning = [] {};              ///< and this one when it is abandoned
};

class TargetSink final : public Sink {
 public:
  TargetSink(std::shared_ptr<Target> target, Guarantee guarantee) : target_(std::move(target)), guarantee_(guarantee) {}

  void prepare(Host&, bool first) const override {
    if (first && !target_->staged.empty()) throw UserError("the target is not empty");
    target_->staged.clear();
    target_->preparing();
  }
  Guarantee guarantee() const override { return guarantee_; }
  void recover(Host& host, const StagedOutputs& keep) const override {
    target_->recovering(host);
    std::map<std::string, Events> kept;
    for (const StagedOutput& output : keep) {
      if (auto found = target_->staged.extract(output.handle)) kept.insert(std::move(found));
    }
    target_->staged = std::move(kept);
  }
  void deliver(Host&, const StagedOutputs& outputs) const override {
    for (const StagedOutput& output : outputs) {
      if (target_->delivered.contains(output.handle)) continue;
      if (target_->failing_deliveries > 0) {
        --target_->failing_deliveries;
        throw ExternalError("the target is away");
      }
      const auto found = target_->staged.extract(output.handle);
      if (!found) throw CorruptionError("lost: " + output.handle);
      target_->delivered.insert(output.handle);
      target_->seen.insert(target_->seen.end(), found.mapped().begin(), found.mapped().end());
    }
  }
  void abandon(Host&) const override {
    target_->abandoning();
    target_->staged.clear();
    ++target_->abandoned;
  }
  std::unique_ptr<SinkWriter> make_writer() const override { return std::make_unique<Writer>(target_); }

 private:
  /// Stages on a helper thread, after a while.
  class Writer final : public SinkWriter {
   public:
    explicit Writer(std::shared_ptr<Target> target) : target_(std::move(target)) {}

    void open(const OperatorContext& context) override {
      context_ = context;
      call_.open(*context.host, context.notifier);
    }
    Progress write(BatchBase& batch, std::size_t from) override {
      const auto& events = static_cast<const Batch<Event>&>(batch);
      held_.insert(held_.end(), events.values() + from, events.values() + events.size());
      return {events.size(), Stop::kDone};
    }
    void stage(CheckpointId checkpoint) override {
      const std::string handle =
          fmt::format("{} of {} for {}", ++target_->handles, context_.subtask.value(), checkpoint.value());
      staged_.push_back({checkpoint, context_.subtask, handle});
      sealing_ = true;
      ready_at_ = context_.host->monotonic_now() + target_->staging_takes;
      timer_ = context_.host->at(ready_at_, [notifier = context_.notifier] { notifier.notify(); });
      call_.start([target = target_, handle, events = std::exchange(held_, {})] { target->staged[handle] = events; });
    }
    std::optional<StagedOutputs> staged() override {
      if (sealing_ && (context_.host->monotonic_now() < ready_at_ || !call_.ready())) return std::nullopt;
      sealing_ = false;
      return staged_;
    }
    void completed(CheckpointId checkpoint) override {
      std::erase_if(staged_, [&](const StagedOutput& output) { return output.checkpoint <= checkpoint; });
    }

   private:
    std::shared_ptr<Target> target_;
    OperatorContext context_;
    BlockingCall call_;
    Events held_;
    StagedOutputs staged_;
    bool sealing_ = false;
    MonotonicTime ready_at_{};
    std::unique_ptr<Timer> timer_;
  };

  std::shared_ptr<Target> target_;
  Guarantee guarantee_;
};

/// Builds graphs of these, node by node.
class SequenceGraph {
 public:
  Graph take() { return std::move(graph_); }

  NodeId source(const SequenceScript& script) {
    GraphNode node = named(script.name);
    node.source = std::make_shared<SequenceSource>(script);
    node.outputs = {port()};
    return graph_.add(std::move(node));
  }

  /// Behind exchanges by key, from port 0 of each.
  NodeId follow(const std::vector<NodeId>& from, std::shared_ptr<Follow::Watch> watch, std::string name = "follow",
                std::size_t ports = 1) {
    GraphNode node = named(std::move(name));
    node.stateful = true;
    node.keyed = true;
    node.make_operator = [watch = std::move(watch)] { return std::make_unique<Follow>(watch); };
    for (const NodeId id : from) {
      GraphInput input;
      input.from = id;
      input.partitioning = Partitioning::kHash;
      input.hash_keys = [](BatchBase& batch) {
        auto& events = static_cast<Batch<Event>&>(batch);
        for (std::size_t i = 0; i < events.size(); ++i) events.hashes()[i] = hash_key(events[i].key);
      };
      node.inputs.push_back(std::move(input));
    }
    node.outputs.assign(ports, port());
    return graph_.add(std::move(node));
  }

  NodeId sink(NodeId from, const std::shared_ptr<Target>& target, std::string name = "sink", std::uint32_t port = 0,
              Partitioning partitioning = Partitioning::kForward, std::optional<std::uint32_t> parallelism = {},
              Guarantee guarantee = Guarantee::kExactlyOnce) {
    GraphNode node = named(std::move(name));
    node.parallelism = parallelism;
    node.sink = std::make_shared<TargetSink>(target, guarantee);
    GraphInput input;
    input.from = from;
    input.port = port;
    input.partitioning = partitioning;
    node.inputs = {input};
    return graph_.add(std::move(node));
  }

 private:
  static GraphNode named(std::string name) {
    GraphNode node;
    node.name = std::move(name);
    node.named = true;
    return node;
  }
  static GraphPort port() {
    return {
        "event",
        [](std::size_t capacity) -> std::unique_ptr<OutputBase> { return std::make_unique<Output<Event>>(capacity); },
        batch_codec<Event>()};
  }

  Graph graph_;
};

/// The events that a target has seen, sorted, without those that tell how many were handled.
inline Events events_of(const Target& target) {
  Events events;
  std::copy_if(target.seen.begin(), target.seen.end(), std::back_inserter(events),
               [](const Event& event) { return event.key >= 0; });
  std::sort(events.begin(), events.end());
  return events;
}

/// How many events all subtasks say they have handled.
inline int handled_of(const Target& target) {
  int handled = 0;
  for (const Event& event : target.seen) handled += event.key < 0 ? event.number : 0;
  return handled;
}

}  // namespace weir::runtime
