#include "http/response_head.h"

#include <sstream>

// Asio is compiled in host.
#ifndef BOOST_ASIO_SEPARATE_COMPILATION
#define BOOST_ASIO_SEPARATE_COMPILATION
#endif
#ifndef BOOST_ASIO_NO_DEPRECATED
#define BOOST_ASIO_NO_DEPRECATED
#endif
#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/write.hpp>

namespace weir::cluster {
namespace {

namespace http = boost::beast::http;

// The page loads nothing from elsewhere, is shown in no other page, and nothing guesses types.
constexpr const char* kContentSecurity =
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

}  // namespace

std::string response_head(const HttpResponse& response, AfterResponse after) {
  http::header<false> head;
  head.version(11);
  head.result(static_cast<unsigned>(response.status));
  // 304 has no body and speaks of none.
  if (response.status != 304) {
    head.set(http::field::content_type, response.content_type);
    head.set(http::field::content_length, std::to_string(response.file ? response.file->size : response.body.size()));
  }
  head.set(http::field::cache_control, "no-store");
  head.set("X-Content-Type-Options", "nosniff");
  head.set("X-Frame-Options", "DENY");
  head.set("Content-Security-Policy", kContentSecurity);
  head.set("Referrer-Policy", "no-referrer");
  head.set("Cross-Origin-Resource-Policy", "same-origin");
  for (const auto& [name, value] : response.fields) head.set(name, value);
  head.set(http::field::connection, after == AfterResponse::kCloses ? "close" : "keep-alive");
  std::ostringstream text;
  text << head;
  return std::move(text).str();
}

}  // namespace weir::cluster
