#include "rest/upload.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "weir/core/error.h"

#include "rest/router.h"

namespace weir::cluster {
namespace {

constexpr std::size_t kLongestName = 128;
constexpr std::string_view kPrefix = "upload-";

/// A file that stays is in nobody's way, and is removed with the next start.
void remove_soon(Host& host, const std::string& path) {
  host.blocking([files = &host.files(), path] { files->remove(path); }, [](const std::exception_ptr&) {});
}

std::string boundary_of(std::string_view content_type) {
  auto boundary = multipart_boundary(content_type);
  if (!boundary) throw RestError(415, "an upload must be multipart/form-data, as 'curl -F' sends it");
  return *std::move(boundary);
}

/// Letters, digits and a few signs of the last part of a path; never hidden, never empty.
std::string fit_name(std::string_view name) {
  name.remove_prefix(std::min(name.find_last_of("/\\") + 1, name.size()));
  std::string fit;
  for (const char c : name.substr(0, kLongestName)) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
                       c == '_' || (c == '.' && !fit.empty());
    fit += plain ? c : '_';
  }
  return fit.empty() ? "program" : fit;
}

}  // namespace

/// Outlives the upload while a helper writes to it.
struct Upload::Target {
  FileSystem& files;
  const std::string directory;
  const std::string path;
  std::unique_ptr<File> file = nullptr;

  // Control loop only.
  bool is_written = false;  ///< by a helper, just now
  bool is_wanted = true;

  void append(std::string_view bytes) {
    if (file == nullptr) {
      files.make_directories(directory);
      file = files.create(path);
    }
    file->append(bytes);
  }
};

Upload::Upload(Host& host, std::string directory, std::string part, std::string_view content_type)
    : host_(host),
      part_(std::move(part)),
      parser_(boundary_of(content_type), {.begin = [this](const FormPart& head) { begin(head); },
                                          .bytes =
                                              [this](std::string_view bytes) {
                                                if (inside_ == Inside::kFile) pending_ += bytes;
                                              }}) {
  const std::string path = fmt::format("{}/{}{:016x}{:016x}", directory, kPrefix, host.random(), host.random());
  target_ = std::make_shared<Target>(Target{host.files(), std::move(directory), path});
}

Upload::~Upload() {
  if (target_ == nullptr) return;
  target_->is_wanted = false;
  if (!target_->is_written) remove_soon(host_, target_->path);
}

void Upload::begin(const FormPart& part) {
  inside_ = part.name == part_ ? Inside::kFile : Inside::kOther;
  if (inside_ == Inside::kOther) return;
  if (has_file_) throw UserError(fmt::format("the form has more than one part '{}'", part_));
  has_file_ = true;
  name_ = fit_name(part.file_name.value_or(""));
}

void Upload::take(std::string bytes, std::function<void(std::exception_ptr)> done) {
  try {
    parser_.put(bytes);
  } catch (const UserError&) {
    host_.post([done = std::move(done), error = std::current_exception()] { done(error); });
    return;
  }
  const auto piece = std::make_shared<std::string>(std::exchange(pending_, {}));
  if (piece->empty()) {
    host_.post([done = std::move(done)] { done(nullptr); });
    return;
  }
  target_->is_written = true;
  host_.blocking([target = target_, piece] { target->append(*piece); },
                 [&host = host_, target = target_, done = std::move(done)](std::exception_ptr error) {
                   target->is_written = false;
                   if (!target->is_wanted) return remove_soon(host, target->path);
                   done(std::move(error));
                 });
}

Upload::Taken Upload::release() {
  if (!parser_.complete()) throw RestError(400, "the form ends before its last boundary");
  if (!has_file_) throw RestError(400, fmt::format("the form has no part '{}': curl -F {}=@FILE", part_, part_));
  if (target_->file == nullptr) throw RestError(400, fmt::format("the form's part '{}' is empty", part_));
  target_->file.reset();
  return {name_, std::exchange(target_, nullptr)->path};
}

void remove_left_uploads(Host& host, const std::string& directory) {
  host.blocking(
      [files = &host.files(), directory] {
        if (!files->exists(directory)) return;
        for (const DirectoryEntry& entry : files->list(directory))
          if (entry.name.starts_with(kPrefix)) files->remove(directory + "/" + entry.name);
      },
      [](const std::exception_ptr&) {});  // as remove_soon()
}

}  // namespace weir::cluster
