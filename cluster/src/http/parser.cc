#include "http/parser.h"

#include <utility>

// Asio is compiled in host.
#ifndef BOOST_ASIO_SEPARATE_COMPILATION
#define BOOST_ASIO_SEPARATE_COMPILATION
#endif
#ifndef BOOST_ASIO_NO_DEPRECATED
#define BOOST_ASIO_NO_DEPRECATED
#endif
#include <boost/beast/http/basic_parser.hpp>
#include <fmt/format.h>

namespace weir::cluster {
namespace {

namespace http = boost::beast::http;
using boost::beast::string_view;
using boost::system::error_code;

HttpMethod method_of(http::verb verb) {
  switch (verb) {
    case http::verb::get:
      return HttpMethod::kGet;
    case http::verb::head:
      return HttpMethod::kHead;
    case http::verb::post:
      return HttpMethod::kPost;
    case http::verb::put:
      return HttpMethod::kPut;
    case http::verb::patch:
      return HttpMethod::kPatch;
    case http::verb::delete_:
      return HttpMethod::kDelete;
    default:
      return HttpMethod::kOther;
  }
}

std::string lower_case(string_view text) {
  std::string out(text.data(), text.size());
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

}  // namespace

class HttpParser::Beast final : public http::basic_parser<true> {
 public:
  explicit Beast(std::size_t head_limit) {
    header_limit(static_cast<std::uint32_t>(head_limit));
    body_limit(boost::none);
  }

  void fail(const error_code& error) {
    if (error == http::error::header_limit) {
      failure = Failure{431, "the request's line and fields are too long"};
    } else if (error == http::error::body_limit) {
      failure = Failure{413, "the request's body is too long"};
    } else if (error == http::error::bad_version) {
      failure = Failure{505, "only HTTP/1.0 and HTTP/1.1 are spoken here"};
    } else {
      failure = Failure{400, fmt::format("malformed request: {}", error.message())};
    }
  }

  HttpRequest request;
  std::string body;
  std::optional<Failure> failure;

 private:
  void on_request_impl(http::verb verb, string_view, string_view target, int version, error_code&) override {
    request.method = method_of(verb);
    request.version = version;
    request.raw_target.assign(target.data(), target.size());
  }
  void on_response_impl(int, string_view, int, error_code&) override {}
  void on_field_impl(http::field, string_view name, string_view value, error_code&) override {
    request.fields.emplace_back(lower_case(name), std::string(value.data(), value.size()));
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(string_view piece, error_code&) override {
    body.append(piece.data(), piece.size());
    return piece.size();
  }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view piece, error_code&) override {
    body.append(piece.data(), piece.size());
    return piece.size();
  }
  void on_finish_impl(error_code&) override {}
};

HttpParser::HttpParser(std::size_t head_limit) : beast_(std::make_unique<Beast>(head_limit)) {}
HttpParser::~HttpParser() = default;

std::size_t HttpParser::put(std::string_view bytes) {
  if (beast_->is_done() || beast_->failure || bytes.empty()) return 0;
  error_code error;
  const std::size_t used = beast_->put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
  if (error && error != http::error::need_more) beast_->fail(error);
  return used;
}

bool HttpParser::head_complete() const { return beast_->is_header_done(); }
bool HttpParser::complete() const { return beast_->is_done(); }
const std::optional<HttpParser::Failure>& HttpParser::failure() const { return beast_->failure; }
HttpRequest& HttpParser::request() { return beast_->request; }

std::optional<std::uint64_t> HttpParser::content_length() const {
  if (beast_->chunked()) return std::nullopt;
  const auto length = beast_->content_length();
  return length ? *length : 0;
}

bool HttpParser::keeps_alive() const { return beast_->keep_alive(); }

bool HttpParser::expects_continue() const {
  const auto expected = beast_->request.field("expect");
  return expected && lower_case(string_view(expected->data(), expected->size())) == "100-continue";
}

void HttpParser::limit_body(std::uint64_t bytes) { beast_->body_limit(bytes); }

std::string HttpParser::take_body() { return std::exchange(beast_->body, {}); }

}  // namespace weir::cluster
