#include "weir/host/temporary_directory.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "weir/core/error.h"

namespace weir::host {

TemporaryDirectory::TemporaryDirectory() {
  std::error_code error;
  std::string path = (std::filesystem::temp_directory_path(error) / "weir-XXXXXX").string();
  if (error || ::mkdtemp(path.data()) == nullptr)
    throw ExternalError(fmt::format("cannot make the temporary directory '{}': {}; is $TMPDIR a directory?", path,
                                    error ? error.message() : std::generic_category().message(errno)));
  path_ = std::move(path);
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
  if (error) fmt::print(stderr, "cannot remove '{}': {}\n", path_, error.message());
}

}  // namespace weir::host
