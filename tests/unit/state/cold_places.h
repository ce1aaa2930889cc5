#pragma once

#include <filesystem>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "weir/core/files.h"
#include "weir/core/host.h"
#include "weir/state/cold_store.h"

namespace weir::state {

/// A kind of cold stores and a world of its own for them to live in.
class ColdPlace {
 public:
  virtual ~ColdPlace() = default;

  virtual Host& host() = 0;
  /// A directory that exists.
  virtual std::string root() = 0;
  /// Stores in a new directory.
  virtual std::unique_ptr<ColdStores> stores() = 0;
  /// A path in root() that is not taken.
  std::string new_path(const std::string& what) { return root() + "/" + what + std::to_string(++last_path_); }

 private:
  int last_path_ = 0;
};

struct ColdKind {
  std::string name;
  std::unique_ptr<ColdPlace> (*make)();

  friend void PrintTo(const ColdKind& kind, std::ostream* out) { *out << kind.name; }
};

/// All there are.
const std::vector<ColdKind>& cold_kinds();

// Files, read and damaged.
std::string read_file(Host& host, const std::string& path);
void replace_file(Host& host, const std::string& path, std::string_view bytes);

}  // namespace weir::state
