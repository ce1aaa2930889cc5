#include "lock_holder.h"

#include <algorithm>

namespace weir::checkpoint {

std::string lock_holder(FileSystem& files, const Layout& layout) {
  constexpr std::size_t kMostBytes = 200;
  const auto file = files.open_for_read(layout.lock());
  std::string text(kMostBytes, '\0');
  text.resize(file->read_at(0, text.data(), text.size()));
  text.erase(std::find_if(text.begin(), text.end(), [](unsigned char c) { return c < ' '; }), text.end());
  return text;
}

}  // namespace weir::checkpoint
