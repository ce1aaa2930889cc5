#include "weir/sim/disk.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "weir/core/check.h"

#include "disk_error.h"
#include "disk_node.h"
#include "disk_open_file.h"
#include "path.h"

namespace weir::sim {

Disk::Disk(std::uint64_t seed) : random_(seed), root_(std::make_shared<Node>(FileType::kDirectory)) {}

Disk::~Disk() { WEIR_CHECK(open_ == 0, "files outlive their disk:", open_); }

Disk::NodePtr Disk::find(const std::string& path) const {
  NodePtr node = root_;
  for (const std::string& name : path_names(path)) {
    if (node->type != FileType::kDirectory) return nullptr;
    const auto found = node->entries.find(name);
    if (found == node->entries.end()) return nullptr;
    node = found->second;
  }
  return node;
}

Disk::Place Disk::locate(std::string_view action, const std::string& shown, const std::string& path) const {
  std::vector<std::string> names = path_names(path);
  if (names.empty()) throw_disk_error(action, shown, EBUSY);
  Place place{root_, std::move(names.back())};
  names.pop_back();
  for (const std::string& name : names) {
    const auto found = place.directory->entries.find(name);
    if (found == place.directory->entries.end()) throw_disk_error(action, shown, ENOENT);
    place.directory = found->second;
    if (place.directory->type != FileType::kDirectory) throw_disk_error(action, shown, ENOTDIR);
  }
  return place;
}

Disk::NodePtr Disk::entry(const Place& place) {
  const auto found = place.directory->entries.find(place.name);
  return found == place.directory->entries.end() ? nullptr : found->second;
}

std::unique_ptr<File> Disk::open_for_read(const std::string& path) {
  fail_if_struck(DiskOperation::kOpen, "open", path);
  check_open_limit("open", path);
  const NodePtr node = entry(locate("open", path, path));
  if (node == nullptr) throw_disk_error("open", path, ENOENT);
  if (node->type == FileType::kDirectory) throw_disk_error("open", path, EISDIR);
  return open_file(node, path, false);
}

std::unique_ptr<File> Disk::create(const std::string& path) {
  fail_if_struck(DiskOperation::kCreate, "create", path);
  check_open_limit("create", path);
  const Place place = locate("create", path, path);
  if (entry(place) != nullptr) throw_disk_error("create", path, EEXIST);
  const auto node = std::make_shared<Node>(FileType::kFile);
  if (attached_) change({{place.directory, place.name, node}, std::nullopt, node});
  return open_file(node, path, true);
}

std::vector<DirectoryEntry> Disk::list(const std::string& directory) {
  fail_if_struck(DiskOperation::kList, "list", directory);
  const NodePtr node = find(directory);
  if (node == nullptr) throw_disk_error("list", directory, ENOENT);
  if (node->type != FileType::kDirectory) throw_disk_error("list", directory, ENOTDIR);
  std::vector<DirectoryEntry> entries;
  for (const auto& [name, child] : node->entries) entries.push_back({name, child->type, child->bytes.size()});
  return entries;
}

bool Disk::exists(const std::string& path) {
  if (on_call_) on_call_(std::chrono::nanoseconds(0));
  return find(path) != nullptr;
}

void Disk::make_directories(const std::string& path) {
  fail_if_struck(DiskOperation::kMakeDirectories, "make the directory", path);
  NodePtr node = root_;
  for (const std::string& name : path_names(path)) {
    NodePtr child = entry({node, name});
    if (child == nullptr) {
      if (!attached_) return;
      child = std::make_shared<Node>(FileType::kDirectory);
      change({{node, name, child}, std::nullopt, child});
    } else if (child->type != FileType::kDirectory) {
      throw_disk_error("make the directory", path, EEXIST);
    }
    node = std::move(child);
  }
}

void Disk::rename(const std::string& from, const std::string& to) {
  const std::string action = "rename " + from + " to";
  if (const int error = strike(DiskOperation::kRename, from, to).error) throw_disk_error(action, to, error);
  const Place source = locate(action, to, from);
  const NodePtr node = entry(source);
  if (node == nullptr) throw_disk_error(action, to, ENOENT);
  const Place target = locate(action, to, to);
  if (entry(target) != nullptr) throw_disk_error(action, to, EEXIST);
  if (absolute_path(to).starts_with(absolute_path(from) + "/")) throw_disk_error(action, to, EINVAL);
  if (!attached_) return;
  change({{target.directory, target.name, node}, Change::Assignment{source.directory, source.name, nullptr}, node});
}

LinkResult Disk::link(const std::string& from, const std::string& to) {
  const std::string action = "link " + from + " to";
  if (const int error = strike(DiskOperation::kLink, from, to).error) throw_disk_error(action, to, error);
  const NodePtr node = entry(locate(action, to, from));
  if (node == nullptr) throw_disk_error(action, to, ENOENT);
  const Place target = locate(action, to, to);
  if (entry(target) != nullptr) return LinkResult::kExists;
  if (node->type == FileType::kDirectory) return LinkResult::kNotPossible;
  if (attached_) change({{target.directory, target.name, node}, std::nullopt, node});
  return LinkResult::kLinked;
}

class Disk::Lock final : public FileLock {
 public:
  Lock(const Disk& disk, NodePtr node) : disk_(disk), node_(std::move(node)), epoch_(disk.epoch_) {
    node_->locked_in = epoch_;
  }
  ~Lock() override {
    if (disk_.epoch_ == epoch_) node_->locked_in = 0;
  }

 private:
  const Disk& disk_;
  NodePtr node_;
  std::uint64_t epoch_;
};

std::unique_ptr<FileLock> Disk::try_lock(const std::string& path, std::string_view holder) {
  fail_if_struck(DiskOperation::kLink, "lock", path);
  const Place place = locate("lock", path, path);
  NodePtr node = entry(place);
  if (node == nullptr) {
    node = std::make_shared<Node>(FileType::kFile);
    if (attached_) change({{place.directory, place.name, node}, std::nullopt, node});
  }
  if (node->type == FileType::kDirectory) throw_disk_error("open", path, EISDIR);
  if (node->locked_in == epoch_) return nullptr;
  if (attached_) {
    if (node->names > 0) used_ += holder.size() - node->bytes.size();
    node->bytes = holder;
  }
  return std::make_unique<Lock>(*this, std::move(node));
}

void Disk::remove(const std::string& path) {
  fail_if_struck(DiskOperation::kRemove, "remove", path);
  const NodePtr node = find(path);
  if (node == nullptr) return;
  const Place place = locate("remove", path, path);
  if (!node->entries.empty()) throw_disk_error("remove", path, ENOTEMPTY);
  if (!attached_) return;
  change({{place.directory, place.name, nullptr}, std::nullopt, node});
}

void Disk::sync_directory(const std::string& directory) {
  fail_if_struck(DiskOperation::kSyncDirectory, "sync the directory", directory);
  const NodePtr node = find(directory);
  if (node == nullptr) throw_disk_error("open the directory", directory, ENOENT);
  if (node->type != FileType::kDirectory) throw_disk_error("open the directory", directory, ENOTDIR);
  if (attached_) make_durable(node);
}

void Disk::set_name(const NodePtr& directory, const std::string& name, const NodePtr& node) {
  const auto old = directory->entries.find(name);
  if (old != directory->entries.end()) {
    if (--old->second->names == 0) used_ -= old->second->bytes.size();
    directory->entries.erase(old);
  }
  if (node == nullptr) return;
  if (++node->names == 1) used_ += node->bytes.size();
  directory->entries.emplace(name, node);
}

void Disk::change(Change made) {
  ++name_changes_;
  set_name(made.target.directory, made.target.name, made.target.node);
  if (made.source) set_name(made.source->directory, made.source->name, made.source->node);
  pending_.push_back(std::move(made));
}

std::unique_ptr<File> Disk::open_file(const NodePtr& node, const std::string& path, bool writable) {
  return std::make_unique<OpenFile>(*this, node, path, writable);
}

void Disk::check_open_limit(std::string_view action, const std::string& path) const {
  if (open_ >= open_limit_) throw_disk_error(action, path, EMFILE);
}

void Disk::kill() { ++epoch_; }

void Disk::write_file(const std::string& path, std::string_view bytes) {
  erase(path);
  std::vector<std::string> names = path_names(path);
  WEIR_CHECK(!names.empty(), "a file needs a name");
  const std::string name = std::move(names.back());
  names.pop_back();
  NodePtr directory = root_;
  for (const std::string& step : names) {
    NodePtr child = entry({directory, step});
    if (child == nullptr) {
      child = std::make_shared<Node>(FileType::kDirectory);
      change({{directory, step, child}, std::nullopt, child});
    }
    WEIR_CHECK(child->type == FileType::kDirectory, "a file is in the way of", path);
    make_durable(directory);
    directory = std::move(child);
  }
  const auto node = std::make_shared<Node>(FileType::kFile);
  node->bytes = bytes;
  node->synced = bytes.size();
  change({{directory, name, node}, std::nullopt, node});
  make_durable(directory);
}

std::string Disk::read_file(const std::string& path) {
  const NodePtr node = find(path);
  if (node == nullptr) throw_disk_error("open", path, ENOENT);
  if (node->type != FileType::kFile) throw_disk_error("read", path, EISDIR);
  return node->bytes;
}

std::vector<std::string> Disk::list_recursive(const std::string& directory) {
  std::vector<std::string> files;
  const NodePtr start = find(directory);
  if (start == nullptr) return files;
  const std::string top = absolute_path(directory);
  std::vector<std::pair<std::string, NodePtr>> open{{top == "/" ? "" : top, start}};
  while (!open.empty()) {
    const auto [path, node] = std::move(open.back());
    open.pop_back();
    if (node->type == FileType::kFile) files.push_back(path);
    for (const auto& [name, child] : node->entries) open.emplace_back(path + "/" + name, child);
  }
  std::sort(files.begin(), files.end());
  return files;
}

void Disk::erase(const std::string& path) {
  const NodePtr node = find(path);
  if (node == nullptr) return;
  while (!node->entries.empty()) erase(absolute_path(path) + "/" + node->entries.begin()->first);
  const Place place = locate("remove", path, path);
  change({{place.directory, place.name, nullptr}, std::nullopt, node});
  make_durable(place.directory);
}

}  // namespace weir::sim
