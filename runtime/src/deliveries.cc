#include "weir/runtime/deliveries.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "weir/core/check.h"
#include "weir/core/error.h"
#include "weir/core/failure.h"

#include "user_code.h"

namespace weir::runtime {

namespace {

constexpr Duration kFirstPause{50};
constexpr Duration kLongestPause{5'000};

bool may_retry(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const Error& e) {
    return e.retry() == Retry::kYes;
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace

std::vector<SinkDelivery> deliveries_of(const Graph& graph, const std::vector<checkpoint::SinkOutputs>& staged) {
  std::vector<SinkDelivery> deliveries;
  for (const checkpoint::SinkOutputs& of : staged) {
    const auto node = std::find_if(graph.nodes().begin(), graph.nodes().end(), [&of](const GraphNode& candidate) {
      return candidate.sink != nullptr && candidate.name == of.sink;
    });
    if (node == graph.nodes().end())
      throw UserError(fmt::format("there is output to deliver of a sink '{}', which the job does not have", of.sink));
    deliveries.push_back({node->id, of.outputs});
  }
  return deliveries;
}

std::optional<Duration> Deliveries::growing_pause(std::uint32_t failures) {
  constexpr std::uint32_t kMostDoublings = 16;
  return std::min(kFirstPause * (1 << std::min(failures - 1, kMostDoublings)), kLongestPause);
}

Deliveries::Deliveries(Host& host, const Graph& graph, Events events)
    : host_(host), graph_(graph), events_(std::move(events)) {
  self_ = std::make_shared<Deliveries*>(this);
}

Deliveries::~Deliveries() = default;

void Deliveries::deliver(CheckpointId checkpoint, std::vector<SinkDelivery> outputs) {
  if (failed_ || stopping_) return;
  const bool idle = queue_.empty();
  for (SinkDelivery& of : outputs) {
    if (of.outputs.empty()) continue;
    const GraphNode& node = graph_.node(of.sink);
    queue_.push_back({node.sink, node.name, std::move(of.outputs), checkpoint});
  }
  queue_.push_back({nullptr, "", {}, checkpoint});
  if (idle) start();
}

void Deliveries::start() {
  under_way_ = true;
  // Told from the loop, as all else: never from within deliver().
  const auto done = [this, weak = std::weak_ptr(self_)](std::exception_ptr error) {
    if (!weak.expired()) ended(std::move(error));
  };
  const Item& item = queue_.front();
  if (item.sink == nullptr) return host_.post([done] { done(nullptr); });
  host_.blocking([sink = item.sink, outputs = item.outputs,
                  host = &host_] { run_user_code([&] { sink->deliver(*host, outputs); }); },
                 done);
}

void Deliveries::ended(std::exception_ptr error) {
  under_way_ = false;
  if (error) return stopping_ ? tell_stopped() : try_again(std::move(error));
  failures_ = 0;
  const Item item = std::move(queue_.front());
  queue_.pop_front();
  const std::weak_ptr<Deliveries*> weak = self_;
  if (item.sink == nullptr) events_.delivered(item.checkpoint);
  // Whoever was told may have ended this.
  if (weak.expired() || under_way_) return;
  if (stopping_ && (queue_.empty() || *stopping_ == Rest::kLeft)) return tell_stopped();
  if (!queue_.empty()) start();
}

void Deliveries::try_again(std::exception_ptr error) {
  const std::optional<Duration> pause = may_retry(error) ? events_.pause(++failures_) : std::nullopt;
  if (!pause) {
    failed_ = true;
    return events_.failed(std::move(error));
  }
  timer_ = host_.at(host_.monotonic_now() + *pause, [this] {
    pausing_ = false;
    start();
  });
  pausing_ = true;
  events_.retrying(fmt::format("delivering the output of '{}' again in {} ms: {}", queue_.front().name, pause->count(),
                               message_of(error)));
}

void Deliveries::stop(Rest rest, std::function<void(std::size_t left)> stopped) {
  WEIR_CHECK(!stopping_, "stopped twice");
  stopping_ = rest;
  stopped_ = std::move(stopped);
  if (under_way_) return;
  timer_.reset();
  pausing_ = false;
  if (rest == Rest::kTried && !failed_ && !queue_.empty()) return start();
  host_.post([weak = std::weak_ptr<Deliveries*>(self_)] {
    if (auto self = weak.lock()) (*self)->tell_stopped();
  });
}

void Deliveries::tell_stopped() {
  const auto left = std::count_if(queue_.begin(), queue_.end(), [](const Item& item) { return item.sink != nullptr; });
  // Taken out: it is told once, and whoever is told may destroy this.
  if (const auto stopped = std::exchange(stopped_, nullptr)) stopped(static_cast<std::size_t>(left));
}

}  // namespace weir::runtime
