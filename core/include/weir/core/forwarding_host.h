#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include "weir/core/host.h"

namespace weir {

/// A host that is another in everything. Derived ones override what is to differ.
class ForwardingHost : public Host {
 public:
  /// Requires: `inner` outlives it.
  explicit ForwardingHost(Host& inner) : inner_(inner) {}
  ForwardingHost(const ForwardingHost&) = delete;
  ForwardingHost& operator=(const ForwardingHost&) = delete;

  MonotonicTime monotonic_now() override { return inner_.monotonic_now(); }
  Timestamp wall_now() override { return inner_.wall_now(); }
  void post(std::function<void()> work) override { inner_.post(std::move(work)); }
  std::unique_ptr<Timer> at(MonotonicTime when, std::function<void()> work) override {
    return inner_.at(when, std::move(work));
  }
  void blocking(std::function<void()> work, std::function<void(std::exception_ptr)> done) override {
    inner_.blocking(std::move(work), std::move(done));
  }
  std::unique_ptr<Loop> start_loop(Steppable& what, std::string_view name) override {
    return inner_.start_loop(what, name);
  }
  FileSystem& files() override { return inner_.files(); }
  Network& network() override { return inner_.network(); }
  void print(StandardStream stream, std::string_view text) override { inner_.print(stream, text); }
  std::uint64_t random() override { return inner_.random(); }
  void crash_point(std::string_view name) override { inner_.crash_point(name); }

 protected:
  Host& inner() { return inner_; }

 private:
  Host& inner_;
};

}  // namespace weir
