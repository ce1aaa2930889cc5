#include "weir/connectors/lines/file_name.h"

#include <functional>
#include <mutex>
#include <set>

namespace weir {

namespace {

struct Table {
  std::mutex mutex;
  std::set<std::string, std::less<>> paths;  ///< guarded by mutex; nodes never move
};

/// Never destroyed: names are valid to the very end.
Table& table() {
  static Table* const table = new Table;
  return *table;
}

}  // namespace

FileName::FileName(std::string_view path) : path_(find_or_add(path)) {}

const std::string* FileName::find_or_add(std::string_view path) {
  static const std::string* const empty = new std::string;
  if (path.empty()) return empty;
  Table& all = table();
  const std::lock_guard lock(all.mutex);
  const auto found = all.paths.find(path);
  return found != all.paths.end() ? &*found : &*all.paths.emplace(path).first;
}

}  // namespace weir
