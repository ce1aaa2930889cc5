#include "whole_file.h"

#include <algorithm>
#include <cstdint>

#include <fmt/core.h>

#include "weir/core/error.h"

namespace weir::state {

namespace {

constexpr std::size_t kPieceBytes = 1 << 20;

}  // namespace

std::string read_whole_file(FileSystem& files, const std::string& path) {
  const std::unique_ptr<File> file = files.open_for_read(path);
  std::string bytes(file->size(), '\0');
  std::size_t size = 0;
  while (size < bytes.size()) {
    const std::size_t read = file->read_at(size, bytes.data() + size, bytes.size() - size);
    if (read == 0) throw ExternalError(fmt::format("{}: the file shrinks while it is read", path));
    size += read;
  }
  return bytes;
}

void link_or_copy(FileSystem& files, const std::string& from, const std::string& to) {
  switch (files.link(from, to)) {
    case LinkResult::kLinked:
      return;
    case LinkResult::kExists:
      throw ExternalError(fmt::format("cannot link {} to {}: the name is taken", from, to), Retry::kNo);
    case LinkResult::kNotPossible:
      break;
  }
  const std::unique_ptr<File> source = files.open_for_read(from);
  const std::unique_ptr<File> target = files.create(to);
  std::string piece(kPieceBytes, '\0');
  std::uint64_t offset = 0;
  while (const std::size_t read = source->read_at(offset, piece.data(), piece.size())) {
    target->append({piece.data(), read});
    offset += read;
  }
}

}  // namespace weir::state
