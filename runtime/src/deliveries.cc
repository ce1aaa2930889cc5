#include "weir/runtime/deliveries.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "weir/core/error.h"

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

std::string describe(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    return e.what();
  }
}

std::shared_ptr<const Sink> sink_of(const Graph& graph, const std::string& name) {
  for (const GraphNode& node : graph.nodes())
    if (node.sink && node.name == name) return node.sink;
  throw UserError(fmt::format("there is output to deliver of a sink '{}', which the job does not have", name));
}

}  // namespace

Deliveries::Deliveries(Host& host, const Graph& graph, Events events)
    : host_(host), graph_(graph), events_(std::move(events)) {
  self_ = std::make_shared<Deliveries*>(this);
}

Deliveries::~Deliveries() = default;

void Deliveries::deliver(CheckpointId checkpoint, const std::vector<checkpoint::SinkOutputs>& staged) {
  if (failed_) return;
  const bool idle = queue_.empty();
  for (const checkpoint::SinkOutputs& of : staged) {
    if (!of.outputs.empty()) queue_.push_back({sink_of(graph_, of.sink), of.sink, of.outputs, checkpoint});
  }
  queue_.push_back({nullptr, "", {}, checkpoint});
  if (idle) start();
}

void Deliveries::start() {
  // Told from the loop, as all else: never from within deliver().
  const auto done = [weak = std::weak_ptr<Deliveries*>(self_)](std::exception_ptr error) {
    if (auto self = weak.lock()) (*self)->ended(std::move(error));
  };
  const Item& item = queue_.front();
  if (item.sink == nullptr) return host_.post([done] { done(nullptr); });
  host_.blocking([sink = item.sink, outputs = item.outputs,
                  host = &host_] { run_user_code([&] { sink->deliver(*host, outputs); }); },
                 done);
}

void Deliveries::ended(std::exception_ptr error) {
  if (error) return try_again(std::move(error));
  pause_ = Duration{0};
  const Item item = std::move(queue_.front());
  queue_.pop_front();
  const std::weak_ptr<Deliveries*> weak = self_;
  if (item.sink == nullptr) events_.delivered(item.checkpoint);
  // Whoever was told may have ended this.
  if (!weak.expired() && !queue_.empty()) start();
}

void Deliveries::try_again(std::exception_ptr error) {
  if (!may_retry(error)) {
    failed_ = true;
    queue_.clear();
    return events_.failed(std::move(error));
  }
  pause_ = std::min(std::max(pause_ * 2, kFirstPause), kLongestPause);
  events_.retrying(fmt::format("delivering the output of '{}' again in {} ms: {}", queue_.front().name, pause_.count(),
                               describe(error)));
  timer_ = host_.at(host_.monotonic_now() + pause_, [this] { start(); });
}

}  // namespace weir::runtime
