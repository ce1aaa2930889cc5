#include "lines/file_chunks.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "weir/core/error.h"
#include "weir/core/hash.h"

namespace weir::connectors {

FileChunks::FileChunks(std::string path, const std::optional<LinesPosition>& from, std::size_t chunk)
    : path_(std::move(path)), chunk_(chunk), known_(from.has_value()), position_(from.value_or(LinesPosition{})) {}

void FileChunks::read(FileSystem& files) {
  if (file_ == nullptr) open(files);
  std::uint64_t& next = position_.offset;
  const std::uint64_t left = position_.size - next;
  // One byte of an empty file: there must be none.
  bytes.resize(static_cast<std::size_t>(std::clamp<std::uint64_t>(left, 1, chunk_)));
  bytes.resize(file_->read_at(next, bytes.data(), bytes.size()));
  if (left == 0 && !bytes.empty())
    throw UserError(
        fmt::format("file '{}' had a size of 0 bytes when it was found, but there is something to read in it: it is no "
                    "ordinary file, or is being written; move files in when they are whole",
                    path_));
  if (bytes.size() < std::min<std::uint64_t>(left, chunk_)) check_size(next + bytes.size());
  position_.near = {next, bytes.size(), hash_bytes(bytes)};
  if (next == 0) position_.head = position_.near;
  next += bytes.size();
  if (at_end()) file_.reset();
}

void FileChunks::open(FileSystem& files) {
  if (position_.offset > 0 && !files.exists(path_))
    throw UserError(
        fmt::format("file '{}' is gone, but reading is to go on at byte {}: put it back", path_, position_.offset));
  file_ = files.open_for_read(path_);
  if (!std::exchange(known_, true)) position_.size = file_->size();
  check_size(file_->size());
  check(position_.head);
  check(position_.near);
}

void FileChunks::check_size(std::uint64_t size) const {
  if (size >= position_.size) return;
  throw UserError(fmt::format(
      "file '{}' has become shorter while it is read: it had {} bytes when it was found, now it has {}, and "
      "reading is to go on at byte {}: put the file back as it was",
      path_, position_.size, size, position_.offset));
}

void FileChunks::check(const FileBlock& block) {
  bytes.resize(static_cast<std::size_t>(block.length));
  const std::size_t read = file_->read_at(block.begin, bytes.data(), bytes.size());
  if (read == bytes.size() && (bytes.empty() || hash_bytes(bytes) == block.hash)) return;
  throw UserError(
      fmt::format("file '{}' was changed while it is read: the {} bytes from byte {} are not those that were read "
                  "before, and reading is to go on at byte {}: put the file back as it was",
                  path_, block.length, block.begin, position_.offset));
}

}  // namespace weir::connectors
