#include "weir/cluster/web_directory.h"

namespace weir::cluster {

std::string web_directory(FileSystem& files) {
  for (const char* directory : {WEIR_WEB_INSTALLED, WEIR_WEB_BUILT})
    if (files.exists(std::string(directory) + "/index.html")) return directory;
  return {};
}

}  // namespace weir::cluster
