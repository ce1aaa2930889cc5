#include "rest/static_files.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "weir/core/error.h"
#include "weir/core/hash.h"

#include "rest/router.h"

namespace weir::cluster {
namespace {

constexpr std::uint64_t kLargest = 16 * 1024 * 1024;

constexpr std::string_view kPlainPage = R"html(<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Weir</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:40em;margin:3em auto;padding:0 1em}</style></head>
<body>
<h1>Weir</h1>
<p>The page is not installed beside this program. What it shows can be read here:</p>
<ul>
<li><a href="overview">overview</a>: jobs, slots</li>
<li><a href="jobs/overview">jobs/overview</a>: the jobs; each of them at jobs/&lt;its jid&gt;</li>
<li><a href="taskmanagers">taskmanagers</a></li>
<li><a href="jobmanager/config">jobmanager/config</a></li>
<li><a href="metrics">metrics</a>: for Prometheus</li>
</ul>
</body>
</html>
)html";

std::string_view type_of(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kTypes{{
      {".html", "text/html; charset=UTF-8"},
      {".js", "text/javascript; charset=UTF-8"},
      {".css", "text/css; charset=UTF-8"},
      {".json", "application/json; charset=UTF-8"},
      {".map", "application/json; charset=UTF-8"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".ico", "image/x-icon"},
      {".woff2", "font/woff2"},
      {".webmanifest", "application/manifest+json"},
      {".txt", "text/plain; charset=UTF-8"},
      {".wasm", "application/wasm"},
  }};
  for (const auto& [ending, type] : kTypes)
    if (name.ends_with(ending)) return type;
  return "application/octet-stream";
}

bool is_file(FileSystem& files, const std::string& directory, const std::string& name) {
  if (!files.exists(directory)) return false;
  const auto entries = files.list(directory);
  return std::any_of(entries.begin(), entries.end(),
                     [&](const DirectoryEntry& entry) { return entry.name == name && entry.type == FileType::kFile; });
}

/// Walks down directory by directory: only what is listed as a directory or file is followed, no link.
std::optional<std::string> find(FileSystem& files, std::string directory, const std::vector<std::string>& segments) {
  for (std::size_t i = 0; i + 1 < segments.size(); ++i) {
    const auto entries = files.list(directory);
    const bool there = std::any_of(entries.begin(), entries.end(), [&](const DirectoryEntry& entry) {
      return entry.name == segments[i] && entry.type == FileType::kDirectory;
    });
    if (!there) return std::nullopt;
    directory += "/" + segments[i];
  }
  if (segments.back().starts_with('.') || !is_file(files, directory, segments.back())) return std::nullopt;
  return directory + "/" + segments.back();
}

std::optional<std::string> read(FileSystem& files, const std::string& path) {
  const auto file = files.open_for_read(path);
  const std::uint64_t size = file->size();
  if (size > kLargest) throw ExternalError(fmt::format("{} is too large for a file of the page", path), Retry::kNo);
  std::string text(static_cast<std::size_t>(size), '\0');
  text.resize(file->read_at(0, text.data(), text.size()));
  return text;
}

HttpResponse file_response(const std::string& name, std::string text, std::string_view known_tag, bool lasts) {
  HttpResponse response;
  const Hash128 hash = hash128(text);
  const std::string tag = fmt::format("\"{:016x}{:016x}\"", hash.high, hash.low);
  response.fields.emplace_back("ETag", tag);
  response.fields.emplace_back("Cache-Control", lasts ? "public, max-age=31536000, immutable" : "no-cache");
  response.content_type = type_of(name);
  if (known_tag == tag) {
    response.status = 304;
  } else {
    response.body = std::move(text);
  }
  return response;
}

}  // namespace

void StaticFiles::serve(const HttpRequest& request, const Answer& answer) const {
  auto segments = request.target.segments;
  const bool is_root = segments.empty();
  if (is_root) segments.emplace_back("index.html");
  const auto response = std::make_shared<HttpResponse>();
  const std::string known_tag(request.field("if-none-match").value_or(""));
  host_.blocking(
      [files = &host_.files(), directory = directory_, segments, is_root, known_tag, response] {
        const auto path =
            directory.empty() || !files->exists(directory) ? std::nullopt : find(*files, directory, segments);
        if (path) {
          // The builder of the page puts what is there under the hash of its content.
          const bool lasts = segments.size() > 1 && segments.front() == "assets";
          *response = file_response(segments.back(), *read(*files, *path), known_tag, lasts);
        } else if (is_root) {
          *response = file_response(segments.back(), std::string(kPlainPage), known_tag, false);
        } else {
          *response = error_response(404, fmt::format("Not found: /{}", fmt::join(segments, "/")));
        }
      },
      [answer, response](const std::exception_ptr& error) { answer(error ? response_of(error) : *response); });
}

}  // namespace weir::cluster
