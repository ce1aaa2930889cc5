#include "rocksdb_file_hash.h"

#include <cstring>

#include "weir/core/detail/xxh3.h"

namespace weir::state {

namespace {

constexpr const char* kFunction = "weir.XXH3_128";

class FileHash final : public rocksdb::FileChecksumGenerator {
 public:
  FileHash() { XXH3_128bits_reset(&state_); }

  void Update(const char* data, std::size_t size) override { XXH3_128bits_update(&state_, data, size); }
  void Finalize() override {
    const XXH128_hash_t digest = XXH3_128bits_digest(&state_);
    hash_ = {digest.low64, digest.high64};
  }
  std::string GetChecksum() const override { return {reinterpret_cast<const char*>(&hash_), sizeof(hash_)}; }
  const char* Name() const override { return kFunction; }

 private:
  XXH3_state_t state_;
  Hash128 hash_{};
};

class FileHashes final : public rocksdb::FileChecksumGenFactory {
 public:
  std::unique_ptr<rocksdb::FileChecksumGenerator> CreateFileChecksumGenerator(
      const rocksdb::FileChecksumGenContext&) override {
    return std::make_unique<FileHash>();
  }
  const char* Name() const override { return "weir.FileHashes"; }
};

}  // namespace

std::shared_ptr<rocksdb::FileChecksumGenFactory> hash_rocksdb_files() { return std::make_shared<FileHashes>(); }

std::optional<Hash128> hash_of_rocksdb_file(const std::string& checksum, const std::string& function) {
  Hash128 hash{};
  if (function != kFunction || checksum.size() != sizeof(hash)) return std::nullopt;
  std::memcpy(&hash, checksum.data(), sizeof(hash));
  return hash;
}

}  // namespace weir::state
