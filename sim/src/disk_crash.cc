// What becomes durable, and what a power loss leaves of the rest.
#include <algorithm>
#include <set>
#include <utility>

#include "weir/sim/disk.h"

#include "disk_node.h"

namespace weir::sim {
namespace {

constexpr std::size_t kSector = 512;

}  // namespace

void Disk::apply_durably(const Change& made) {
  const auto assign = [](const Change::Assignment& a) {
    if (a.node == nullptr)
      a.directory->durable_entries.erase(a.name);
    else
      a.directory->durable_entries.insert_or_assign(a.name, a.node);
  };
  assign(made.target);
  if (made.source) assign(*made.source);
}

namespace {

/// The names and files that some changes are about. Membership only: no order of pointers reaches a decision.
class Touched {
 public:
  template <class Change>
  bool any_of(const Change& c) const {
    return subjects_.contains(c.subject.get()) || names_.contains({c.target.directory.get(), c.target.name}) ||
           (c.source && names_.contains({c.source->directory.get(), c.source->name}));
  }

  template <class Change>
  void add(const Change& c) {
    subjects_.insert(c.subject.get());
    names_.emplace(c.target.directory.get(), c.target.name);
    if (c.source) names_.emplace(c.source->directory.get(), c.source->name);
  }

 private:
  std::set<const void*> subjects_;
  std::set<std::pair<const void*, std::string>> names_;
};

}  // namespace

void Disk::make_durable(const NodePtr& directory) {
  // Backwards: a change takes with it the earlier ones of the same name or file, wherever they were made.
  Touched needed;
  std::vector<bool> durable(pending_.size());
  for (std::size_t i = pending_.size(); i-- > 0;) {
    durable[i] = pending_[i].target.directory == directory || needed.any_of(pending_[i]);
    if (durable[i]) needed.add(pending_[i]);
  }
  std::vector<Change> rest;
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    if (durable[i])
      apply_durably(pending_[i]);
    else
      rest.push_back(std::move(pending_[i]));
  }
  pending_ = std::move(rest);
}

void Disk::crash() {
  ++name_changes_;
  ++epoch_;
  lose_changes();
  used_ = 0;
  restore(*root_);
}

void Disk::lose_changes() {
  enum { kNothing, kEverything, kSomething };
  const auto kept = std::min<std::uint64_t>(random_.below(4), kSomething);
  Touched lost;
  for (const Change& made : pending_) {
    const bool keep = kept == kEverything || (kept == kSomething && random_.one_in(2));
    if (keep && !lost.any_of(made))
      apply_durably(made);
    else
      lost.add(made);
  }
  pending_.clear();
}

void Disk::restore(Node& directory) {
  directory.entries = directory.durable_entries;
  for (const auto& [name, node] : directory.entries) {
    node->names = 1;
    if (node->type == FileType::kDirectory) {
      restore(*node);
    } else {
      tear(*node);
      used_ += node->bytes.size();
    }
  }
}

void Disk::tear(Node& file) {
  if (file.synced < file.bytes.size()) {
    switch (random_.below(3)) {
      case 0:
        file.bytes.resize(file.synced);
        break;
      case 1:
        file.bytes.resize(random_.between(file.synced, file.bytes.size()));
        [[fallthrough]];
      default:
        // The length got to the disk before the bytes of some sectors.
        for (std::size_t at = file.synced; at < file.bytes.size();) {
          const std::size_t end = std::min(file.bytes.size(), (at / kSector + 1) * kSector);
          if (random_.one_in(4))
            std::fill(file.bytes.begin() + static_cast<std::ptrdiff_t>(at),
                      file.bytes.begin() + static_cast<std::ptrdiff_t>(end), '\0');
          at = end;
        }
    }
  }
  file.synced = file.bytes.size();
  file.sync_failed = false;
}

}  // namespace weir::sim
