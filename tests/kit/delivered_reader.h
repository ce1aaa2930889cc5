#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "weir/sim/disk.h"

namespace weir::tests {

/// A reader of output directories of a simulated disk: what it has seen once must stay, as it was, and be whole.
///
/// Looks when names on the disk have changed since its last look, so it may be asked after every event.
class DeliveredReader {
 public:
  using Files = std::map<std::string, std::string>;  ///< path to bytes

  DeliveredReader(sim::Disk& disk, std::vector<std::string> directories)
      : disk_(disk), directories_(std::move(directories)) {}

  void look() {
    if (std::exchange(looked_at_, disk_.name_changes()) == disk_.name_changes()) return;
    const Files files = visible();
    for (const auto& [path, bytes] : files) {
      const auto [known, first] = seen_.emplace(path, bytes);
      if (first && !bytes.ends_with('\n')) report(fmt::format("{} became visible without its end", path));
      if (known->second != bytes) report(fmt::format("{} changed after it had become visible", path));
      taken_back_.erase(path);
    }
    for (const auto& [path, bytes] : seen_)
      if (!files.contains(path) && !taken_back_.contains(path)) report(path + " was visible and is gone");
  }

  /// A power loss may take back names that were not durable yet; they must appear again, with the same bytes.
  void power_lost() {
    const Files files = visible();
    for (const auto& [path, bytes] : seen_)
      if (!files.contains(path)) taken_back_.insert(path);
  }

  /// The first thing that no reader may see; empty: nothing.
  const std::string& fault() const { return fault_; }

  /// What is visible now.
  Files visible() const {
    Files files;
    for (const std::string& directory : directories_)
      for (const std::string& path : disk_.list_recursive(directory))
        if (path.find("/.") == std::string::npos) files.emplace(path, disk_.read_file(path));
    return files;
  }

 private:
  void report(std::string fault) {
    if (fault_.empty()) fault_ = std::move(fault);
  }

  sim::Disk& disk_;
  const std::vector<std::string> directories_;
  std::uint64_t looked_at_ = ~std::uint64_t{0};
  Files seen_;
  std::set<std::string> taken_back_;  ///< seen, and lost with the power
  std::string fault_;
};

}  // namespace weir::tests
