#include "sealed_file.h"

#include <fmt/format.h>

#include "weir/core/check.h"
#include "weir/core/error.h"
#include "weir/core/file_tools.h"
#include "weir/core/hash.h"

namespace weir::checkpoint {
namespace {

constexpr std::size_t kMagic = 8;
constexpr std::size_t kVersion = 4;
constexpr std::size_t kLength = 8;
constexpr std::size_t kHeader = kMagic + kVersion + kLength;
constexpr std::size_t kTrailer = 16;

void append_number(std::string& out, std::uint64_t number, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) out += static_cast<char>(number >> (8 * i));
}

std::uint64_t number_at(std::string_view file, std::size_t offset, std::size_t bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < bytes; ++i)
    number |= static_cast<std::uint64_t>(static_cast<unsigned char>(file[offset + i])) << (8 * i);
  return number;
}

[[noreturn]] void corrupt(const SealedFormat& format, const std::string& path, const std::string& why) {
  throw CorruptionError(fmt::format("{} is no whole {}: {}", path, format.what, why));
}

}  // namespace

std::string seal(const SealedFormat& format, std::string_view body) {
  WEIR_CHECK(format.magic.size() == kMagic, format.magic);
  std::string file(format.magic);
  file.reserve(kHeader + body.size() + kTrailer);
  append_number(file, format.version, kVersion);
  append_number(file, body.size(), kLength);
  file += body;
  const Hash128 hash = hash128(file);
  append_number(file, hash.low, 8);
  append_number(file, hash.high, 8);
  return file;
}

std::string_view unseal(const SealedFormat& format, std::string_view file, const std::string& path) {
  if (file.size() < kHeader + kTrailer)
    corrupt(format, path, fmt::format("it has {} bytes, fewer than any", file.size()));
  if (!file.starts_with(format.magic)) corrupt(format, path, "it does not begin as one");
  const std::size_t end = file.size() - kTrailer;
  const Hash128 hash = hash128(file.substr(0, end));
  if (hash != Hash128{number_at(file, end, 8), number_at(file, end + 8, 8)})
    corrupt(format, path, "its checksum does not match its bytes");
  // Only now: a damaged version would read as another one.
  const auto version = number_at(file, kMagic, kVersion);
  if (version != format.version)
    throw UserError(
        fmt::format("{} is a {} of format version {}; this version of Weir reads version {}: use the "
                    "version that wrote it, or a newer one",
                    path, format.what, version, format.version));
  if (number_at(file, kMagic + kVersion, kLength) != end - kHeader)
    corrupt(format, path, "its length is not what it says");
  return file.substr(kHeader, end - kHeader);
}

void write_synced(Host& host, const std::string& path, std::string_view bytes, std::string_view written_point,
                  std::string_view synced_point) {
  auto file = host.files().create(path);
  try {
    file->append(bytes);
    if (!written_point.empty()) host.crash_point(written_point);
    file->sync();
    if (!synced_point.empty()) host.crash_point(synced_point);
  } catch (const Error&) {
    file.reset();
    // The first error is the one that counts; what is left is removed as garbage later.
    try_remove(host.files(), path);
    throw;
  }
}

}  // namespace weir::checkpoint
