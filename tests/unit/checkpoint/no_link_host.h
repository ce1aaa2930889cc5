#pragma once

#include <string>

#include "passing_host.h"

namespace weir::checkpoint {

/// A world whose file system has no hard links.
class NoLinkHost final : public PassingHost {
 public:
  using PassingHost::PassingHost;

  LinkResult link(const std::string&, const std::string&) override { return LinkResult::kNotPossible; }
};

}  // namespace weir::checkpoint
