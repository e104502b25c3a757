// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/write.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>
#include <utility>

#include "tests/sim/m5s/link.h"
#include "tests/sim/m5s/reader.h"

namespace msggw::m5s {

namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;

std::string lower(std::string_view name) {
  std::string out(name);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

/// HTTP/1.1: one request at a time.
class Http1Link final : public Link {
 public:
  Http1Link(boost::beast::tcp_stream stream, std::shared_ptr<LinkContext> context,
            boost::beast::flat_buffer buffer)
      : Link(std::move(stream), std::move(context)), buffer_(std::move(buffer)) {}

  void read() {
    parser_.emplace();
    parser_->body_limit(kMostBody);
    parser_->header_limit(kMostFields);
    stream_.expires_after(kIdle);
    http::async_read_header(
        stream_, buffer_, *parser_,
        [this, self = shared_from_this()](const error_code& error, std::size_t) {
          error ? refuse(error) : on_header();
        });
  }

 private:
  void on_header() {
    if (!boost::beast::iequals(parser_->get()[http::field::expect], "100-continue")) {
      return read_body();
    }
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    boost::asio::async_write(
        stream_, boost::asio::buffer(kContinue),
        [this, self = shared_from_this()](const error_code& error, std::size_t) {
          if (!error) read_body();
        });
  }

  void read_body() {
    http::async_read(stream_, buffer_, *parser_,
                     [this, self = shared_from_this()](const error_code& error, std::size_t) {
                       error ? refuse(error) : on_request();
                     });
  }

  /// What is no request gets its answer if there is one, and the connection ends.
  void refuse(const error_code& error) {
    if (error == http::error::end_of_stream) return say_goodbye();
    if (error == http::error::body_limit) {
      return write(response_of({413, "", "the body is larger than 1 MiB"}), Way::whole, false);
    }
    if (error == http::error::partial_message ||
        error.category() != make_error_code(http::error::bad_version).category()) {
      return;
    }
    const unsigned status = error == http::error::header_limit ? 431 : 400;
    write(response_of({status, "INVALID_MSG_FORMAT", error.message()}), Way::whole, false);
  }

  void on_request() {
    stream_.expires_never();
    auto message = parser_->release();
    Request request;
    request.method = std::string(message.method_string());
    request.target = std::string(message.target());
    request.peer = peer_;
    request.no_length = !message.has_content_length() && !message.chunked();
    for (const auto& one : message) {
      request.fields.emplace_back(lower(one.name_string()), std::string(one.value()));
    }
    request.body = std::move(message.body());
    const bool keep = message.keep_alive();
    context_->handler(std::move(request),
                      [this, keep, self = shared_from_this()](Response response, Way way) {
                        write(std::move(response), way, keep);
                      });
  }

  void write(Response response, Way way, bool keep) {
    if (way == Way::reset) return cut();
    if (way == Way::never) return wait_for_end();
    output_ = "HTTP/1.1 " + std::to_string(response.status) + " " +
              std::string(http::obsolete_reason(http::int_to_status(response.status))) + "\r\n";
    for (const auto& [name, value] : response.fields) output_ += name + ": " + value + "\r\n";
    if (response.status != 204) {
      output_ += "content-length: " + std::to_string(response.body.size()) + "\r\n";
    }
    if (!keep) output_ += "connection: close\r\n";
    output_ += "\r\n";
    const std::size_t octets = way == Way::half ? response.body.size() / 2 : response.body.size();
    output_ += response.body.substr(0, octets);
    stream_.expires_after(kIdle);
    const bool goes_on = keep && way == Way::whole;
    boost::asio::async_write(
        stream_, boost::asio::buffer(output_),
        [this, goes_on, self = shared_from_this()](const error_code& error, std::size_t) {
          if (!error) goes_on ? read() : say_goodbye();
        });
  }

  /// Says nothing until the other side has had enough.
  void wait_for_end() {
    stream_.expires_after(kIdle);
    buffer_.clear();
    stream_.async_read_some(buffer_.prepare(4'096), [this, self = shared_from_this()](
                                                        const error_code& error, std::size_t) {
      if (!error) wait_for_end();
    });
  }

  boost::beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::string output_;
};

}  // namespace

void serve_http1(boost::beast::tcp_stream stream, std::shared_ptr<LinkContext> context,
                 boost::beast::flat_buffer buffer) {
  std::make_shared<Http1Link>(std::move(stream), std::move(context), std::move(buffer))->read();
}

}  // namespace msggw::m5s
