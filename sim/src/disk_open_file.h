#pragma once

#include <string>
#include <string_view>

#include "weir/sim/disk.h"

#include "disk_node.h"

namespace weir::sim {

/// A file of a simulated disk that a process has open.
class Disk::OpenFile final : public File {
 public:
  OpenFile(Disk& disk, NodePtr node, std::string path, bool writable);
  ~OpenFile() override;

  std::size_t read_at(std::uint64_t offset, char* into, std::size_t size) override;
  void append(std::string_view bytes) override;
  void sync() override;
  std::uint64_t size() override;

 private:
  /// Whoever opened it is dead.
  bool dead() const { return !disk_.attached_ || epoch_ != disk_.epoch_; }
  void check_usable(std::string_view action) const;
  void write(std::string_view bytes);

  Disk& disk_;
  const NodePtr node_;
  const std::string path_;
  const bool writable_;
  const std::uint64_t epoch_;
  bool sync_failed_ = false;
};

}  // namespace weir::sim
