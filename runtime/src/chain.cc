#include "weir/runtime/chain.h"

#include <algorithm>

#include "weir/core/check.h"

namespace weir::runtime {

using Work = Chain::Stage::Work;

Chain::State Chain::advance() {
  for (std::size_t i = stages_.size(); i-- > 0;) {
    switch (move_outputs(i)) {
      case Moved::kMoved:
        return State::kProgress;
      case Moved::kBlocked:
        return State::kBlocked;
      case Moved::kNothing:
        break;
    }
    if (stages_[i].work == Work::kNone) continue;
    running_ = i;
    return run(i) ? State::kProgress : State::kWaiting;
  }
  if (next_idle_ < stages_.size()) {
    Stage& stage = stages_[next_idle_++];
    if (stage.op != nullptr) stage.work = Work::kIdle;
    return State::kProgress;
  }
  return State::kQuiescent;
}

Chain::Moved Chain::move_outputs(std::size_t index) {
  Stage& stage = stages_[index];
  Moved moved = Moved::kNothing;
  // Port 0 last: a sign on it must not overtake what side ports of the same channel sent before it.
  for (std::size_t port = stage.outputs.size(); port-- > 0;) {
    const bool chained = port == 0 && index + 1 < stages_.size();
    if (!chained) {
      running_ = index;
      const Moved written = write_edges(stage, port);
      if (written == Moved::kBlocked) return written;
      if (written == Moved::kMoved) moved = written;
      continue;
    }
    OutputBase& output = stage.outputs.at(0);
    if (!output.full()) continue;
    Stage& next = stages_[index + 1];
    if (next.work != Work::kNone) return Moved::kBlocked;
    next.current = std::move(output.front());
    output.pop();
    next.input = InputIndex(0);
    next.next = 0;
    next.work = Work::kElement;
    return Moved::kMoved;
  }
  return moved;
}

Chain::Moved Chain::write_edges(Stage& stage, std::size_t port) {
  OutputBase& output = stage.outputs.at(port);
  if (!output.full()) return Moved::kNothing;
  std::vector<EdgeWriter>& edges = stage.edges[port];
  while (output.full()) {
    Element& front = output.front();
    const bool is_end = front.kind == Element::Kind::kEnd;
    while (stage.writing_edge < edges.size()) {
      EdgeWriter& edge = edges[stage.writing_edge];
      bool done = false;
      if (stage.edge_busy) {
        done = edge.advance();
      } else if (stage.writing_edge + 1 == edges.size() || front.kind != Element::Kind::kBatch) {
        Element element;
        if (front.kind == Element::Kind::kBatch) {
          element = Element::of(std::move(front.batch));
        } else {
          element.kind = front.kind;
          element.watermark = front.watermark;
          element.checkpoint = front.checkpoint;
        }
        done = edge.offer(std::move(element));
      } else {
        BatchPtr copy = output.make_batch();
        const std::size_t copied = front.batch->copy_to(0, *copy);
        WEIR_CHECK(copied == front.batch->size(), copied, front.batch->size());
        done = edge.offer(Element::of(std::move(copy)));
      }
      stage.edge_busy = !done;
      if (!done) return Moved::kBlocked;
      ++stage.writing_edge;
    }
    stage.writing_edge = 0;
    if (front.batch != nullptr) output.recycle(std::move(front.batch));
    output.pop();
    if (is_end && port == 0 && &stage == &stages_.back()) ended_ = true;
  }
  return Moved::kMoved;
}

bool Chain::run(std::size_t index) {
  Stage& stage = stages_[index];
  Stop stop = Stop::kDone;
  switch (stage.work) {
    case Work::kElement:
      stop = run_element(index);
      break;
    case Work::kTime:
      stop = stage.op->on_time(stage.outputs);
      break;
    case Work::kIdle:
      stop = stage.op->on_idle(stage.outputs);
      break;
    case Work::kNone:
      break;
  }
  if (stop == Stop::kDone) finish(index);
  return stop != Stop::kBlocked || stage.outputs.full();
}

Stop Chain::run_element(std::size_t index) {
  Stage& stage = stages_[index];
  if (stage.current.kind != Element::Kind::kBatch) return run_sign(index);
  const Progress progress = stage.op->process(stage.input, stage.current.batch, stage.next, stage.outputs);
  add_to(stage.metrics->records_in, progress.next - stage.next);
  stage.next = progress.next;
  return progress.stop;
}

Stop Chain::run_sign(std::size_t index) {
  Stage& stage = stages_[index];
  Operator& op = *stage.op;
  Outputs& out = stage.outputs;
  switch (stage.current.kind) {
    case Element::Kind::kWatermark: {
      const Stop stop = op.on_watermark(stage.current.watermark, out);
      if (stop != Stop::kDone) return stop;
      stage.metrics->watermark_ms.store(to_ms(stage.current.watermark.time()), std::memory_order_relaxed);
      if (!op.makes_watermarks()) out.watermark(stage.current.watermark);
      return Stop::kDone;
    }
    case Element::Kind::kSplit: {
      const Stop stop = op.on_split(stage.current.split, stage.current.split_event, out);
      if (stop == Stop::kDone && !op.makes_watermarks()) out.split(stage.current.split, stage.current.split_event);
      return stop;
    }
    case Element::Kind::kIdle: {
      const Stop stop = op.on_input_idle(out);
      if (stop == Stop::kDone) out.idle();
      return stop;
    }
    case Element::Kind::kActive:
      out.active();
      return Stop::kDone;
    case Element::Kind::kBarrier: {
      const Stop stop = op.on_barrier(stage.current.checkpoint, out);
      if (stop != Stop::kDone) return stop;
      if (barrier_passed_) barrier_passed_(index, stage.current.checkpoint);
      out.barrier(stage.current.checkpoint);
      return Stop::kDone;
    }
    case Element::Kind::kEnd: {
      const Stop stop = op.on_end(out);
      if (stop != Stop::kDone) return stop;
      out.end();
      if (out.size() == 0) ended_ = true;
      return Stop::kDone;
    }
    case Element::Kind::kBatch:
      break;
  }
  WEIR_CHECK(false, static_cast<int>(stage.current.kind));
  return Stop::kDone;
}

void Chain::finish(std::size_t index) {
  Stage& stage = stages_[index];
  const bool batch = stage.work == Work::kElement && stage.current.kind == Element::Kind::kBatch;
  // Within the chain what was given goes on at once, however small: records keep moving, and splits stay apart.
  if (index + 1 < stages_.size()) stage.outputs.at(0).flush();
  if (stage.work == Work::kIdle) stage.outputs.flush();
  stage.work = Work::kNone;
  if (!batch) return;
  if (index > 0) {
    stages_[index - 1].outputs.at(0).recycle(std::move(stage.current.batch));
  } else {
    fed_batch_ = std::move(stage.current.batch);
  }
}

void Chain::feed(Element element, InputIndex input) {
  Stage& first = stages_.front();
  WEIR_CHECK(first.work == Work::kNone && first.op != nullptr);
  first.current = std::move(element);
  first.input = input;
  first.next = 0;
  first.work = Work::kElement;
}

bool Chain::start_due(MonotonicTime monotonic, Timestamp wall) {
  bool any = false;
  for (Stage& stage : stages_) {
    if (stage.op == nullptr) continue;
    const Deadline deadline = stage.op->next_deadline();
    if (deadline.monotonic > monotonic && deadline.wall > wall) continue;
    stage.work = Work::kTime;
    any = true;
  }
  return any;
}

Deadline Chain::deadline() const {
  Deadline earliest;
  for (const Stage& stage : stages_) {
    if (stage.op == nullptr) continue;
    const Deadline deadline = stage.op->next_deadline();
    earliest.monotonic = std::min(earliest.monotonic, deadline.monotonic);
    earliest.wall = std::min(earliest.wall, deadline.wall);
  }
  return earliest;
}

bool Chain::flush_edges() {
  bool all = true;
  for (Stage& stage : stages_) {
    for (std::size_t port = 0; port < stage.outputs.size(); ++port) {
      for (EdgeWriter& edge : stage.edges[port]) all = edge.flush() && all;
    }
  }
  return all;
}

void Chain::publish_metrics() {
  for (Stage& stage : stages_) {
    if (stage.outputs.size() == 0) continue;
    stage.metrics->records_out.store(stage.outputs.at(0).emitted(), std::memory_order_relaxed);
  }
}

std::uint64_t Chain::bytes_sent() const {
  std::uint64_t bytes = 0;
  for (const Stage& stage : stages_) {
    for (const auto& port : stage.edges)
      for (const EdgeWriter& edge : port) bytes += edge.bytes_sent();
  }
  return bytes;
}

}  // namespace weir::runtime
