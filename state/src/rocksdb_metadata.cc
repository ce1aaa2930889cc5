#include "rocksdb_metadata.h"

#include <cstdint>

#include <fmt/core.h>

#include "weir/core/codec.h"
#include "weir/core/error.h"

namespace weir::state {

namespace {

struct RocksDbFile {
  std::string name;
  std::int32_t level = 0;
  std::uint64_t smallest_sequence = 0;
  std::uint64_t largest_sequence = 0;
  std::string smallest_key;
  std::string largest_key;
};
WEIR_FIELDS(RocksDbFile, name, level, smallest_sequence, largest_sequence, smallest_key, largest_key);

struct RocksDbMetadata {
  std::string format;
  std::string comparator;
  std::vector<RocksDbFile> files;
};
WEIR_FIELDS(RocksDbMetadata, format, comparator, files);

constexpr std::string_view kFormat = "RocksDB column family 1";

}  // namespace

std::string encode_rocksdb_metadata(const rocksdb::ExportImportFilesMetaData& exported,
                                    const std::vector<ColdFile>& files) {
  RocksDbMetadata metadata{std::string(kFormat), exported.db_comparator_name, {}};
  for (std::size_t i = 0; i < files.size(); ++i) {
    const rocksdb::LiveFileMetaData& file = exported.files[i];
    metadata.files.push_back(
        {files[i].name, file.level, file.smallest_seqno, file.largest_seqno, file.smallestkey, file.largestkey});
  }
  std::string bytes;
  encode_value(metadata, bytes);
  return bytes;
}

rocksdb::ExportImportFilesMetaData decode_rocksdb_metadata(std::string_view bytes, const std::vector<ColdFile>& files,
                                                           const std::string& directory) {
  const auto metadata = decode_value<RocksDbMetadata>(bytes);
  if (metadata.format != kFormat)
    throw CorruptionError(
        fmt::format("state was written as '{}', and is to be read as '{}'", metadata.format, kFormat));
  if (metadata.files.size() != files.size())
    throw CorruptionError(fmt::format("state lies in {} files and {} are there", metadata.files.size(), files.size()));
  rocksdb::ExportImportFilesMetaData imported;
  imported.db_comparator_name = metadata.comparator;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const RocksDbFile& known = metadata.files[i];
    if (files[i].name != known.name)
      throw CorruptionError(fmt::format("{}: is {} where {} must be", files[i].path, files[i].name, known.name));
    rocksdb::LiveFileMetaData& file = imported.files.emplace_back();
    file.name = "/" + known.name;
    file.relative_filename = known.name;
    file.db_path = directory;
    file.directory = directory;
    file.size = files[i].size;
    file.level = known.level;
    file.smallest_seqno = known.smallest_sequence;
    file.largest_seqno = known.largest_sequence;
    file.smallestkey = known.smallest_key;
    file.largestkey = known.largest_key;
  }
  return imported;
}

}  // namespace weir::state
