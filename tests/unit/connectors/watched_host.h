#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include "weir/sim/world.h"

namespace weir::connectors {

/// A world that lets a reader look at what is there whenever a crash point is passed.
class WatchedHost final : public Host {
 public:
  WatchedHost(sim::World& world, std::function<void()> look) : world_(world), look_(std::move(look)) {}

  void crash_point(std::string_view name) override {
    look_();
    world_.crash_point(name);
  }

  void print(StandardStream stream, std::string_view text) override { world_.print(stream, text); }
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

 private:
  sim::World& world_;
  std::function<void()> look_;
};

}  // namespace weir::connectors
