#include "disk_open_file.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "weir/core/error.h"

#include "disk_error.h"

namespace weir::sim {

Disk::OpenFile::OpenFile(Disk& disk, NodePtr node, std::string path, bool writable)
    : disk_(disk), node_(std::move(node)), path_(std::move(path)), writable_(writable), epoch_(disk.epoch_) {
  ++disk_.open_;
}

Disk::OpenFile::~OpenFile() { --disk_.open_; }

std::size_t Disk::OpenFile::read_at(std::uint64_t offset, char* into, std::size_t size) {
  const Strike strike = disk_.strike(DiskOperation::kRead, path_);
  if (strike.error != 0) throw_disk_error("read", path_, strike.error);
  if (offset >= node_->bytes.size()) return 0;
  const std::size_t got = node_->bytes.copy(into, size, offset);
  if (strike.flip_bit && got > 0) {
    const std::uint64_t bit = disk_.random_.below(got * 8);
    into[bit / 8] = static_cast<char>(into[bit / 8] ^ (1 << (bit % 8)));
  }
  return got;
}

void Disk::OpenFile::append(std::string_view bytes) {
  check_usable("write to");
  const Strike strike = disk_.strike(DiskOperation::kWrite, path_);
  if (!writable_) throw_disk_error("write to", path_, EBADF);
  if (strike.error == EROFS) throw_disk_error("write to", path_, EROFS);
  if (strike.error != 0) {
    write(bytes.substr(0, disk_.random_.below(bytes.size() + 1)));
    throw_disk_error("write to", path_, strike.error);
  }
  const std::uint64_t room = disk_.capacity_ - std::min(disk_.capacity_, disk_.used_);
  if (bytes.size() > room) {
    write(bytes.substr(0, room));
    throw_disk_error("write to", path_, ENOSPC);
  }
  write(bytes);
}

void Disk::OpenFile::write(std::string_view bytes) {
  if (dead()) return;
  node_->bytes.append(bytes);
  if (node_->names > 0) disk_.used_ += bytes.size();
}

void Disk::OpenFile::sync() {
  check_usable("sync");
  const Strike strike = disk_.strike(DiskOperation::kSync, path_);
  if (strike.error != 0) {
    // As on Linux: the pages count as clean now, so that a later sync would succeed and save nothing.
    sync_failed_ = true;
    if (!dead()) node_->sync_failed = true;
    throw_disk_error("sync", path_, strike.error);
  }
  if (!dead() && !node_->sync_failed) node_->synced = node_->bytes.size();
}

std::uint64_t Disk::OpenFile::size() { return node_->bytes.size(); }

void Disk::OpenFile::check_usable(std::string_view action) const {
  if (!sync_failed_) return;
  throw ExternalError("cannot " + std::string(action) + " " + path_ + ": an earlier sync failed; write a new file",
                      Retry::kNo);
}

}  // namespace weir::sim
