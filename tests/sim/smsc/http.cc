// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/smsc/http.h"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include "gateway/base/address.h"
#include "gateway/base/json.h"
#include "gateway/base/path_segment.h"
#include "tests/sim/smsc/server.h"

namespace msggw::smsc {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;

constexpr auto kIdle = std::chrono::seconds(60);
constexpr auto kGoodbye = std::chrono::seconds(5);
constexpr std::size_t kMostHeader = 16 * 1024;

/// Not what a web page in the browser of somebody near may have caused: by a name that its owner
/// points here, or from another origin.
bool is_own(std::string_view host, std::string_view origin) {
  const auto at = base::parse_address(host, 80);
  if (!at || !(at->host.is_numeric() || at->host.is_loopback())) return false;
  const auto slashes = origin.find("://");
  return origin.empty() ||
         (slashes != std::string_view::npos && origin.substr(slashes + 3) == host);
}

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(boost::asio::ip::tcp::socket socket,
             std::shared_ptr<const HttpServer::Handler> handler,
             std::shared_ptr<std::size_t> connections)
      : stream_(std::move(socket)),
        handler_(std::move(handler)),
        connections_(std::move(connections)) {
    ++*connections_;
  }
  ~Connection() { --*connections_; }

  void read() {
    parser_.emplace();
    parser_->body_limit(HttpServer::kMostBody);
    parser_->header_limit(kMostHeader);
    stream_.expires_after(kIdle);
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](const error_code& error, std::size_t) {
                       self->on_read(error);
                     });
  }

 private:
  void on_read(const error_code& error) {
    if (error == http::error::body_limit) {
      write(problem(413, "the body is larger than 1 MiB"), false);
    } else if (error == http::error::header_limit) {
      write(problem(431, "the header is larger than 16 KiB"), false);
    } else if (error.category() == make_error_code(http::error::bad_version).category() &&
               error != http::error::end_of_stream && error != http::error::partial_message) {
      write(problem(400, error.message()), false);
    } else if (!error) {
      stream_.expires_never();
      handle(parser_->release());
    }
  }

  void handle(http::request<http::string_body> message) {
    if (!is_own(message[http::field::host], message[http::field::origin])) {
      write(problem(403,
                    "the Host is no numeric address and not localhost, or a page of another "
                    "origin made this request"),
            false);
      return;
    }
    HttpRequest request;
    request.method = std::string(message.method_string());
    const bool keep_alive = message.keep_alive();
    if (!parse_target(message.target(), request)) {
      write(problem(400, "the target is not percent-encoded"), false);
      return;
    }
    request.body = std::move(message.body());
    (*handler_)(std::move(request), [self = shared_from_this(), keep_alive](HttpResponse response) {
      self->write(std::move(response), keep_alive);
    });
  }

  void write(HttpResponse response, bool keep_alive) {
    response_ = {};
    response_.version(11);
    response_.result(response.status);
    response_.keep_alive(keep_alive);
    if (!response.body.empty()) response_.set(http::field::content_type, response.content_type);
    if (!response.allow.empty()) response_.set(http::field::allow, response.allow);
    response_.body() = std::move(response.body);
    response_.prepare_payload();
    stream_.expires_after(kIdle);
    http::async_write(
        stream_, response_,
        [self = shared_from_this(), keep_alive](const error_code& error, std::size_t) {
          if (error) return;
          keep_alive ? self->read() : self->say_goodbye();
        });
  }

  void say_goodbye() {
    error_code ignored;
    stream_.socket().shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
    stream_.expires_after(kGoodbye);
    drain();
  }

  /// Closing with octets unread would send RST, which can overtake the response.
  void drain() {
    buffer_.clear();
    stream_.async_read_some(buffer_.prepare(kMostHeader),
                            [self = shared_from_this()](const error_code& error, std::size_t) {
                              if (!error) self->drain();
                            });
  }

  boost::beast::tcp_stream stream_;
  std::shared_ptr<const HttpServer::Handler> handler_;
  std::shared_ptr<std::size_t> connections_;
  boost::beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> response_;
};

std::optional<std::string> decoded(std::string_view text) {
  std::string spaced(text);
  for (char& c : spaced) {
    if (c == '+') c = ' ';
  }
  return base::octets_of_segment(spaced);
}

}  // namespace

std::optional<std::string_view> HttpRequest::parameter(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return std::nullopt;
}

bool parse_target(std::string_view target, HttpRequest& out) {
  const auto question = target.find('?');
  std::string_view path = target.substr(0, question);
  if (!path.starts_with('/')) return false;
  while (!path.empty()) {
    path.remove_prefix(1);
    const auto segment = base::octets_of_segment(path.substr(0, path.find('/')));
    if (!segment) return false;
    out.path.push_back(*segment);
    path.remove_prefix(std::min(path.find('/'), path.size()));
  }
  std::string_view query =
      question == target.npos ? std::string_view{} : target.substr(question + 1);
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    const auto equals = std::min(pair.find('='), pair.size());
    auto key = decoded(pair.substr(0, equals));
    auto value = decoded(pair.substr(std::min(equals + 1, pair.size())));
    if (!key || !value) return false;
    out.query.emplace_back(std::move(*key), std::move(*value));
  }
  return true;
}

HttpResponse problem(unsigned status, std::string_view detail) {
  std::string body = "{\"title\":";
  base::append_json_string(body,
                           std::string_view(http::obsolete_reason(http::int_to_status(status))));
  body += ",\"status\":" + std::to_string(status) + ",\"detail\":";
  base::append_json_string(body, detail);
  body += "}";
  return {status, std::move(body), "application/problem+json", {}};
}

HttpServer::HttpServer(boost::asio::io_context& io, const boost::asio::ip::tcp::endpoint& at,
                       const char* option, Handler handler)
    : acceptor_(io),
      accept_again_(io),
      handler_(std::make_shared<const Handler>(std::move(handler))) {
  listen(acceptor_, at, option);
}

void HttpServer::accept() {
  acceptor_.async_accept(
      [this](const boost::system::error_code& error, boost::asio::ip::tcp::socket socket) {
        if (error == boost::asio::error::operation_aborted) return;
        if (!error && *connections_ < kMostConnections) {
          std::make_shared<Connection>(std::move(socket), handler_, connections_)->read();
        }
        if (!error) {
          accept();
          return;
        }
        accept_again_.expires_after(std::chrono::milliseconds(50));
        accept_again_.async_wait([this](const boost::system::error_code& stop) {
          if (!stop) accept();
        });
      });
}

}  // namespace msggw::smsc
