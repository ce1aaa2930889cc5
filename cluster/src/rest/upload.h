#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>

#include "weir/core/host.h"

#include "http/connection.h"
#include "http/multipart.h"

namespace weir::cluster {

/// Receives a form with one file into a directory, in which it has a name of its own until somebody takes it.
///
/// Control loop only; what is not taken is removed.
class Upload final : public BodySink {
 public:
  /// `part`: the form's part that is the file. Requires: `host` outlives it.
  /// Errors: RestError 415 if the body is no form.
  Upload(Host& host, std::string directory, std::string part, std::string_view content_type);
  ~Upload() override;

  void take(std::string bytes, std::function<void(std::exception_ptr)> done) override;

  /// The file's name as the client has it, without folders, and fit to be a file's name here; the path it lies at,
  /// which is the caller's now. Errors: RestError 400 if the form was cut off or has no such file.
  struct Taken {
    std::string name;
    std::string path;
  };
  Taken release();

 private:
  struct Target;

  void begin(const FormPart& part);

  Host& host_;
  const std::string part_;
  MultipartParser parser_;
  enum class Inside : std::uint8_t { kNothing, kFile, kOther } inside_ = Inside::kNothing;
  bool has_file_ = false;
  std::string name_;
  std::string pending_;             ///< of the file, not written yet
  std::shared_ptr<Target> target_;  ///< helpers write to it one after the other
};

/// Removes what uploads of an earlier process left in the directory, soon. Requires: none is under way there.
void remove_left_uploads(Host& host, const std::string& directory);

}  // namespace weir::cluster
