#include "weir/connectors/files/separate_directories.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "weir/connectors/files/files.h"
#include "weir/core/error.h"

namespace weir::connectors {

namespace {

struct Target {
  std::string sink;
  const FilesOptions* options;
  std::string path;  ///< without "." and "..", as far as that can be told
};

/// The same path, with '/' behind it; "" for the working directory.
std::string normal(const std::string& directory) {
  const std::string path = std::filesystem::path(directory).lexically_normal().string();
  if (path == ".") return "";
  return path.ends_with('/') ? path : path + "/";
}

/// Whether `path` is `directory` or lies inside it.
bool is_in(std::string_view path, std::string_view directory) {
  const bool comparable = path.starts_with('/') == directory.starts_with('/') && !path.starts_with("..");
  return path.starts_with(directory) && (!directory.empty() || comparable);
}

void check(const Target& one, const Target& other) {
  if (one.path == other.path)
    throw UsageError(fmt::format(
        "the sinks '{}' and '{}' both write into '{}' (the {} directory and the {} directory): name another "
        "directory for one of them",
        one.sink, other.sink, other.options->directory, one.options->role, other.options->role));
  const bool inside = is_in(one.path, other.path);
  if (!inside && !is_in(other.path, one.path)) return;
  const Target& inner = inside ? one : other;
  const Target& outer = inside ? other : one;
  throw UsageError(fmt::format(
      "the {} directory '{}' of the sink '{}' lies inside '{}', the {} directory of the sink '{}': name one "
      "outside of it",
      inner.options->role, inner.options->directory, inner.sink, outer.options->directory, outer.options->role,
      outer.sink));
}

}  // namespace

void check_separate_directories(const Graph& graph) {
  std::vector<Target> targets;
  for (const GraphNode& node : graph.nodes()) {
    const auto* sink = dynamic_cast<const FileSinkBase*>(node.sink.get());
    if (sink == nullptr) continue;
    Target target{node.name, &sink->options(), normal(sink->options().directory)};
    for (const Target& earlier : targets) check(target, earlier);
    targets.push_back(std::move(target));
  }
}

}  // namespace weir::connectors
