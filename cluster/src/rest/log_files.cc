#include "rest/log_files.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "http/range.h"
#include "rest/json.h"
#include "rest/router.h"

namespace weir::cluster {
namespace {

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

HttpResponse log_response(std::shared_ptr<File> file, std::string_view wanted) {
  HttpResponse response;
  response.content_type = "text/plain; charset=UTF-8";
  response.fields.emplace_back("Accept-Ranges", "bytes");
  const std::uint64_t size = file->size();
  const ByteRange range = byte_range(wanted, size);
  switch (range.kind) {
    case ByteRange::Kind::kWhole:
      break;
    case ByteRange::Kind::kPart:
      response.status = 206;
      response.fields.emplace_back("Content-Range",
                                   fmt::format("bytes {}-{}/{}", range.offset, range.offset + range.size - 1, size));
      break;
    case ByteRange::Kind::kBeyond:
      response = error_response(416, fmt::format("the file has {} bytes", size));
      response.fields.emplace_back("Content-Range", fmt::format("bytes */{}", size));
      return response;
  }
  response.file = FileRange{std::move(file), range.offset, range.size};
  return response;
}

}  // namespace

void send_log(Host& host, const std::string& path, const HttpRequest& request, const Answer& answer) {
  if (path.empty()) throw RestError(404, "this process writes no such file");
  const auto response = std::make_shared<HttpResponse>();
  host.blocking(
      [files = &host.files(), path, wanted = std::string(request.field("range").value_or("")), response] {
        if (!files->exists(path)) throw RestError(404, fmt::format("there is no {}", base_name(path)));
        *response = log_response(files->open_for_read(path), wanted);
      },
      [answer, response](const std::exception_ptr& error) {
        answer(error ? response_of(error) : std::move(*response));
      });
}

void list_logs(Host& host, const std::vector<std::string>& paths, const Answer& answer) {
  const auto logs = std::make_shared<json::array>();
  host.blocking(
      [files = &host.files(), paths, logs] {
        for (const std::string& path : paths)
          if (!path.empty() && files->exists(path))
            logs->push_back({{"name", utf8(base_name(path))}, {"size", files->open_for_read(path)->size()}});
      },
      [answer, logs](const std::exception_ptr& error) {
        answer(error ? response_of(error) : json_response(200, {{"logs", std::move(*logs)}}));
      });
}

std::string log_named(const std::string& name, const std::vector<std::string>& paths) {
  const auto found = std::find_if(paths.begin(), paths.end(),
                                  [&](const auto& path) { return !path.empty() && base_name(path) == name; });
  if (found == paths.end()) throw RestError(404, fmt::format("there is no log file '{}'", name));
  return *found;
}

}  // namespace weir::cluster
