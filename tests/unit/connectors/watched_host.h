#pragma once

#include <functional>
#include <string_view>
#include <utility>

#include "weir/core/forwarding_host.h"

namespace weir::connectors {

/// A world that lets a reader look at what is there whenever a crash point is passed.
class WatchedHost final : public ForwardingHost {
 public:
  WatchedHost(Host& inner, std::function<void()> look) : ForwardingHost(inner), look_(std::move(look)) {}

  void crash_point(std::string_view name) override {
    look_();
    ForwardingHost::crash_point(name);
  }

 private:
  std::function<void()> look_;
};

}  // namespace weir::connectors
