#include "map_store_file.h"

#include <fmt/core.h>

#include "weir/core/codec.h"
#include "weir/core/error.h"

#include "whole_file.h"

namespace weir::state {

namespace {

constexpr std::size_t kHashBytes = 16;

std::string hash_of(std::string_view bytes) {
  const Hash128 hash = hash128(bytes);
  std::string out;
  detail::append_fixed(out, hash.low);
  detail::append_fixed(out, hash.high);
  return out;
}

}  // namespace

WrittenMapFile write_map_file(FileSystem& files, const std::string& path, const std::vector<MapRow>& rows) {
  std::string body;
  encode_value(rows, body);
  const std::string bytes = hash_of(body) + body;
  files.create(path)->append(bytes);
  return {bytes.size(), hash128(bytes)};
}

std::vector<MapRow> read_map_file(FileSystem& files, const std::string& path) {
  const std::string bytes = read_whole_file(files, path);
  const std::string_view body = std::string_view(bytes).substr(std::min(kHashBytes, bytes.size()));
  if (std::string_view(bytes).substr(0, kHashBytes) != hash_of(body))
    throw CorruptionError(fmt::format("{}: the rows are not those that were written: their hash is another", path));
  try {
    return decode_value<std::vector<MapRow>>(body);
  } catch (const CorruptionError& error) {
    throw CorruptionError(fmt::format("{}: {}", path, error.what()));
  }
}

}  // namespace weir::state
