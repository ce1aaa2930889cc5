#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"

namespace weir::cluster {

/// Reads one request from the bytes of a connection, piece by piece.
///
/// Nothing is allocated for what a length promises: only for bytes that came, the header within its limit.
class HttpParser {
 public:
  /// `head_limit`: bytes of request line and fields.
  explicit HttpParser(std::size_t head_limit);
  ~HttpParser();

  /// Takes bytes from the front of `bytes` and tells how many; 0: more are needed, or complete(), or failure(). What
  /// was not taken comes again at the front of the next call, followed by more. Stops once behind the head.
  std::size_t put(std::string_view bytes);

  bool head_complete() const;
  bool complete() const;

  struct Failure {
    int status = 400;
    std::string message;
  };
  const std::optional<Failure>& failure() const;

  // Once the head is complete.
  HttpRequest& request();
  /// Of the body; absent: it comes in chunks.
  std::optional<std::uint64_t> content_length() const;
  /// The client stays for another request.
  bool keeps_alive() const;
  /// The client waits to be told to send the body.
  bool expects_continue() const;
  /// More than this fails with 413. Requires: before any of the body is put.
  void limit_body(std::uint64_t bytes);
  /// The body's bytes since the last call.
  std::string take_body();

 private:
  class Beast;
  std::unique_ptr<Beast> beast_;
};

}  // namespace weir::cluster
