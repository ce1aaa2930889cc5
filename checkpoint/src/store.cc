#include "weir/checkpoint/store.h"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "weir/core/check.h"
#include "weir/core/detail/xxh3.h"
#include "weir/core/error.h"
#include "weir/core/file_tools.h"

#include "sealed_file.h"

namespace weir::checkpoint {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 20;
constexpr std::string_view kTemporaryManifest = ".MANIFEST";

/// Reads a file in blocks to its end.
void for_each_block(File& file, const std::function<void(std::string_view)>& f) {
  std::string block(kBlock, '\0');
  for (std::uint64_t offset = 0;;) {
    const std::size_t got = file.read_at(offset, block.data(), block.size());
    if (got == 0) return;
    f({block.data(), got});
    offset += got;
  }
}

class Hasher {
 public:
  Hasher() { XXH3_128bits_reset(&state_); }
  void add(std::string_view bytes) {
    XXH3_128bits_update(&state_, bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  Hash128 hash() const {
    const XXH128_hash_t hash = XXH3_128bits_digest(&state_);
    return {hash.low64, hash.high64};
  }
  std::uint64_t size() const { return size_; }

 private:
  XXH3_state_t state_;
  std::uint64_t size_ = 0;
};

struct Contents {
  std::uint64_t size = 0;
  Hash128 hash{};

  friend bool operator==(const Contents&, const Contents&) = default;
};

Contents contents_of(FileSystem& files, const std::string& path) {
  const auto file = files.open_for_read(path);
  Hasher hasher;
  for_each_block(*file, [&](std::string_view block) { hasher.add(block); });
  return {hasher.size(), hasher.hash()};
}

void copy(FileSystem& files, const std::string& from, const std::string& to, const Contents& expected) {
  const auto source = files.open_for_read(from);
  const auto target = files.create(to);
  Hasher hasher;
  for_each_block(*source, [&](std::string_view block) {
    hasher.add(block);
    target->append(block);
  });
  if (Contents{hasher.size(), hasher.hash()} != expected)
    throw CorruptionError(from + " changed while it was copied to " + to);
}

}  // namespace

BaseFiles base_files(const Manifest* base, std::string_view operator_name, SubtaskIndex subtask,
                     std::uint32_t parallelism) {
  BaseFiles files;
  if (base == nullptr) return files;
  for (const OperatorSnapshot& snapshot : base->operators) {
    if (snapshot.name != operator_name || !snapshot.keyed) continue;
    if (snapshot.parallelism == parallelism && snapshot.subtask != subtask) continue;
    files.insert(files.end(), snapshot.keyed->files.begin(), snapshot.keyed->files.end());
  }
  return files;
}

std::vector<StoredFile> Store::put(const StateWriter& writer, const std::vector<LocalFile>& files,
                                   const BaseFiles& base) const {
  std::vector<StoredFile> stored;
  bool any_new = false;
  for (const LocalFile& file : files) {
    const auto same_name = [&](const StoredFile& other) { return other.name == file.name; };
    if (const auto found = std::find_if(base.begin(), base.end(), same_name); found != base.end()) {
      stored.push_back(*found);
      continue;
    }
    const Contents contents = contents_of(host_.files(), file.path);
    if (file.hash && *file.hash != contents.hash)
      throw CorruptionError(file.path + " is not read as it was written: its checksum does not match its bytes");
    const auto same_contents = [&](const StoredFile& other) { return Contents{other.size, other.hash} == contents; };
    if (const auto found = std::find_if(base.begin(), base.end(), same_contents); found != base.end()) {
      stored.push_back(*found);
      stored.back().name = file.name;
      continue;
    }
    const std::string path = Layout::state_file(writer, static_cast<std::uint32_t>(stored.size()));
    StoredFile added{path, contents.size, contents.hash, file.name};
    put_one(file, added);
    stored.push_back(std::move(added));
    any_new = true;
  }
  if (any_new) host_.files().sync_directory(layout_.shared());
  return stored;
}

void Store::put_one(const LocalFile& file, const StoredFile& as) const {
  FileSystem& files = host_.files();
  const std::string path = layout_.absolute(as.path);
  const auto link = [&] {
    if (suspects_->holds(file.name, as.hash)) return LinkResult::kNotPossible;
    return files.link(file.path, path);
  };
  switch (link()) {
    case LinkResult::kExists:
      throw ExternalError(path + " is there already: files of a checkpoint directory are never overwritten");
    case LinkResult::kNotPossible:
      copy(files, file.path, path, {as.size, as.hash});
      break;
    case LinkResult::kLinked:
      break;
  }
  host_.crash_point("checkpoint: state file linked");
  try {
    files.open_for_read(path)->sync();
  } catch (const Error&) {
    suspects_->add(file.name, as.hash);
    throw;
  }
  host_.crash_point("checkpoint: state file synced");
}

bool Store::Suspects::holds(const std::string& name, const Hash128& hash) {
  const std::lock_guard lock(mutex_);
  const auto found = files_.find(name);
  if (found == files_.end()) return false;
  if (found->second != hash)
    throw CorruptionError(fmt::format("the local file {} is not what it was before it could not be synced", name));
  return true;
}

void Store::Suspects::add(const std::string& name, const Hash128& hash) {
  const std::lock_guard lock(mutex_);
  files_.emplace(name, hash);
}

void Store::fetch(const StoredFile& file, const std::string& to) const {
  verify(file);
  const std::string path = layout_.absolute(file.path);
  switch (host_.files().link(path, to)) {
    case LinkResult::kLinked:
      return;
    case LinkResult::kExists:
      throw ExternalError(fmt::format("{} is there already: {} cannot be fetched", to, path), Retry::kNo);
    case LinkResult::kNotPossible:
      copy(host_.files(), path, to, {file.size, file.hash});
  }
}

void Store::take(const Store& other, const StoredFile& file, const std::string& path) const {
  const std::string to = layout_.absolute(path);
  other.fetch(file, to);
  host_.files().open_for_read(to)->sync();
}

void Store::verify(const StoredFile& file) const {
  const std::string path = layout_.absolute(file.path);
  if (!host_.files().exists(path)) throw CorruptionError(path + " is missing");
  const auto check_size = [&](std::uint64_t size) {
    if (size != file.size)
      throw CorruptionError(fmt::format("{} has {} bytes, {} were written", path, size, file.size));
  };
  // First, for what is no file may never end.
  check_size(host_.files().open_for_read(path)->size());
  const Contents found = contents_of(host_.files(), path);
  check_size(found.size);
  if (found.hash != file.hash) throw CorruptionError(path + " is damaged: its checksum does not match its bytes");
}

Store::WrittenManifest Store::write_manifest(const Manifest& manifest) const {
  FileSystem& files = host_.files();
  const CheckpointName name{manifest.generation, manifest.checkpoint};
  const std::string directory = layout_.absolute(Layout::checkpoint_directory(name));
  const std::string temporary = fmt::format("{}/{}", directory, kTemporaryManifest);
  const std::string bytes = encode_manifest(manifest);
  files.make_directories(directory);
  write_synced(host_, temporary, bytes, "checkpoint: manifest written", "checkpoint: manifest synced");
  WrittenManifest written{Layout::manifest(name), bytes.size(), hash128(bytes)};
  const std::string path = layout_.absolute(written.path);
  if (files.link(temporary, path) != LinkResult::kLinked)
    throw ExternalError(path + " cannot be linked: it is there already, or the file system has no hard links");
  host_.crash_point("checkpoint: manifest linked");
  files.remove(temporary);
  files.sync_directory(directory);
  files.sync_directory(layout_.checkpoints());
  host_.crash_point("checkpoint: manifest directory synced");
  return written;
}

Manifest Store::read_manifest(const WrittenManifest& written) const {
  const std::string path = layout_.absolute(written.path);
  if (!host_.files().exists(path)) throw CorruptionError(path + " is missing");
  const std::string bytes = read_whole(host_.files(), path, kMaxManifestBytes + kBlock);
  // Its own checksum first: it tells damage from another file that is whole.
  Manifest manifest = decode_manifest(bytes, path);
  if (bytes.size() != written.size || hash128(bytes) != written.hash)
    throw CorruptionError(path + " is another manifest than the one that the log names");
  return manifest;
}

std::vector<std::string> Store::garbage(const Retention& retention) const {
  std::set<std::string> needed;
  for (const auto& manifest : retention.manifests) {
    needed.insert(Layout::checkpoint_directory({manifest->generation, manifest->checkpoint}));
    for (const OperatorSnapshot& snapshot : manifest->operators)
      if (snapshot.keyed)
        for (const StoredFile& file : snapshot.keyed->files) needed.insert(file.path);
  }
  std::vector<std::string> garbage;
  const auto look = [&](const std::string& directory, const auto& parse) {
    for (const DirectoryEntry& entry : host_.files().list(layout_.absolute(directory))) {
      const std::optional<CheckpointName> of = parse(entry.name);
      std::string path = directory + "/" + entry.name;
      if (of && *of <= retention.over_up_to && !needed.contains(path)) garbage.push_back(std::move(path));
    }
  };
  look("chk", parse_checkpoint_name);
  look("shared", parse_state_file_name);
  return garbage;
}

void Store::remove(const std::vector<std::string>& garbage) const {
  if (garbage.empty()) return;
  for (const std::string& path : garbage) remove_tree(host_.files(), layout_.absolute(path));
  host_.files().sync_directory(layout_.checkpoints());
  host_.files().sync_directory(layout_.shared());
}

std::uint64_t Store::highest_checkpoint() const {
  std::uint64_t highest = 0;
  const auto look = [&](const std::string& directory, const auto& parse) {
    if (!host_.files().exists(directory)) return;  // a copy may leave an empty directory out
    for (const DirectoryEntry& entry : host_.files().list(directory))
      if (const std::optional<CheckpointName> of = parse(entry.name))
        highest = std::max(highest, of->checkpoint.value());
  };
  look(layout_.checkpoints(), parse_checkpoint_name);
  look(layout_.shared(), parse_state_file_name);
  return highest;
}

std::string Store::first_problem(const Manifest& manifest) const {
  std::map<std::string, std::uint64_t> sizes;
  if (host_.files().exists(layout_.shared()))  // a copy may leave an empty directory out
    for (const DirectoryEntry& entry : host_.files().list(layout_.shared()))
      sizes.emplace("shared/" + entry.name, entry.size);
  for (const OperatorSnapshot& snapshot : manifest.operators) {
    if (!snapshot.keyed) continue;
    for (const StoredFile& file : snapshot.keyed->files) {
      const auto found = sizes.find(file.path);
      if (found == sizes.end()) return layout_.absolute(file.path) + " is missing";
      if (found->second != file.size)
        return fmt::format("{} has {} bytes, {} were written", layout_.absolute(file.path), found->second, file.size);
    }
  }
  return {};
}

}  // namespace weir::checkpoint
