#include "rocksdb_table.h"

#include <fmt/core.h>
#include <rocksdb/sst_file_reader.h>
#include <rocksdb/unique_id.h>

#include "weir/core/error.h"

#include "rocksdb_status.h"

namespace weir::state {

namespace {

std::string id_of(const rocksdb::SstFileReader& reader, const std::string& path) {
  std::string id;
  check_rocksdb(rocksdb::GetUniqueIdFromTableProperties(*reader.GetTableProperties(), &id),
                fmt::format("tell which file {} is", path));
  std::string hex;
  for (const char byte : id) hex += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return hex;
}

}  // namespace

std::string rocksdb_table_id(const rocksdb::Options& settings, const std::string& path) {
  rocksdb::SstFileReader reader(settings);
  check_rocksdb(reader.Open(path), fmt::format("open the state file {}", path));
  return id_of(reader, path);
}

void verify_rocksdb_table(const rocksdb::Options& settings, const std::string& path, const std::string& id) {
  rocksdb::SstFileReader reader(settings);
  check_rocksdb(reader.Open(path), fmt::format("open the state file {}", path));
  check_rocksdb(reader.VerifyChecksum(), fmt::format("take over the state file {}", path));
  const std::string found = id_of(reader, path);
  if (found != id) throw CorruptionError(fmt::format("{}: is the state file {} where {} must be", path, found, id));
}

}  // namespace weir::state
