#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include "weir/core/error.h"
#include "weir/sim/world.h"

namespace weir::connectors {

/// A world whose standard streams cannot be written.
class FullPipeHost final : public Host {
 public:
  explicit FullPipeHost(sim::World& world) : world_(world) {}

  void print(StandardStream, std::string_view) override {
    throw ExternalError("cannot write to the standard output: no space is left");
  }

  MonotonicTime monotonic_now() override { return world_.monotonic_now(); }
  Timestamp wall_now() override { return world_.wall_now(); }
  void post(std::function<void()> work) override { world_.post(std::move(work)); }
  std::unique_ptr<Timer> at(MonotonicTime when, std::function<void()> work) override {
    return world_.at(when, std::move(work));
  }
  void blocking(std::function<void()> work, std::function<void(std::exception_ptr)> done) override {
    world_.blocking(std::move(work), std::move(done));
  }
  std::unique_ptr<Loop> start_loop(Steppable& what, std::string_view name) override {
    return world_.start_loop(what, name);
  }
  FileSystem& files() override { return world_.files(); }
  Network& network() override { return world_.network(); }
  std::uint64_t random() override { return world_.random(); }
  void crash_point(std::string_view name) override { world_.crash_point(name); }

 private:
  sim::World& world_;
};

}  // namespace weir::connectors
