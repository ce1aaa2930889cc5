#include "weir/cluster/web_directory.h"

#include <array>

namespace weir::cluster {
namespace {

std::string_view directory_of(std::string_view path) { return path.substr(0, path.find_last_of('/')); }

}  // namespace

std::string web_directory(FileSystem& files, std::string_view program) {
  const std::string prefix(directory_of(directory_of(program)));
  const std::array<std::string, 3> candidates{prefix + "/share/weir/web", WEIR_WEB_BUILT, WEIR_WEB_INSTALLED};
  for (const std::string& directory : candidates)
    if (!directory.empty() && files.exists(directory + "/index.html")) return directory;
  return {};
}

}  // namespace weir::cluster
