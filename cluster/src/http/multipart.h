#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace weir::cluster {

/// A part of a form.
struct FormPart {
  std::string name;
  std::optional<std::string> file_name;  ///< as the client has it: not to be trusted
};

/// The boundary of "multipart/form-data; boundary=..."; nothing if it is something else.
std::optional<std::string> multipart_boundary(std::string_view content_type);

/// Takes a body of multipart/form-data apart, piece by piece; keeps no more than a boundary and a part's head.
class MultipartParser {
 public:
  struct Events {
    std::function<void(const FormPart&)> begin;
    std::function<void(std::string_view)> bytes;
  };

  /// Requires: what multipart_boundary() gave.
  MultipartParser(const std::string& boundary, Events events);

  /// Errors: UserError; what an event throws. Not to be used after it.
  void put(std::string_view bytes);

  /// The last boundary was there.
  bool complete() const { return state_ == State::kBehind; }

 private:
  enum class State : std::uint8_t { kBefore, kBoundaryEnd, kHead, kBody, kBehind };

  bool step();
  bool skip_to_boundary();
  bool read_boundary_end();
  bool read_head();
  bool read_body();

  const std::string delimiter_;  ///< CRLF, two dashes, the boundary
  const Events events_;
  State state_ = State::kBefore;
  std::string kept_;
};

}  // namespace weir::cluster
