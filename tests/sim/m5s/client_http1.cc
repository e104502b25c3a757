// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "tests/sim/m5s/client.h"

namespace msggw::m5s {

namespace {

namespace http = boost::beast::http;
using boost::asio::ip::tcp;
using boost::beast::error_code;

constexpr std::size_t kMostConnections = 64;

struct Asked {
  Post what;
  Answered answered;
};

/// Whether the other side has neither closed an idle connection nor said anything on it.
bool is_alive(tcp::socket& socket) {
  error_code error;
  socket.non_blocking(true, error);
  char octet = 0;
  socket.receive(boost::asio::buffer(&octet, 1), tcp::socket::message_peek, error);
  return error == boost::asio::error::would_block || error == boost::asio::error::try_again;
}

class Http1Origin;

/// One request on a connection of its own or one that is used again.
class Http1Call : public std::enable_shared_from_this<Http1Call> {
 public:
  Http1Call(boost::asio::io_context& io, std::weak_ptr<Http1Origin> origin, Asked asked)
      : resolver_(io),
        stream_(std::in_place, io),
        origin_(std::move(origin)),
        asked_(std::move(asked)) {}

  void start(std::optional<boost::beast::tcp_stream> idle, Span within);

 private:
  void connect(tcp::resolver::results_type found);
  void write();
  void read();
  void end(const error_code& error);

  tcp::resolver resolver_;
  std::optional<boost::beast::tcp_stream> stream_;
  std::weak_ptr<Http1Origin> origin_;
  Asked asked_;
  http::request<http::string_body> request_;
  std::optional<http::response_parser<http::string_body>> parser_;
  boost::beast::flat_buffer buffer_;
  std::optional<boost::asio::steady_timer> due_;
};

class Http1Origin final : public std::enable_shared_from_this<Http1Origin> {
 public:
  Http1Origin(boost::asio::io_context& io, Span within) : io_(io), within_(within) {}

  void post(Asked asked) {
    waiting_.push_back(std::move(asked));
    next();
  }
  void ended(std::optional<boost::beast::tcp_stream> reusable) {
    --under_way_;
    if (reusable) idle_.push_back(std::move(*reusable));
    next();
  }

 private:
  void next() {
    while (!waiting_.empty() && under_way_ < kMostConnections) {
      ++under_way_;
      Asked asked = std::move(waiting_.front());
      waiting_.pop_front();
      std::optional<boost::beast::tcp_stream> idle;
      while (!idle && !idle_.empty()) {
        if (is_alive(idle_.back().socket())) idle.emplace(std::move(idle_.back()));
        idle_.pop_back();
      }
      std::make_shared<Http1Call>(io_, weak_from_this(), std::move(asked))
          ->start(std::move(idle), within_);
    }
  }

  boost::asio::io_context& io_;
  Span within_;
  std::size_t under_way_ = 0;
  std::deque<Asked> waiting_;
  std::vector<boost::beast::tcp_stream> idle_;
};

void Http1Call::start(std::optional<boost::beast::tcp_stream> idle, Span within) {
  request_.method(http::verb::post);
  request_.target(asked_.what.at.path.empty() ? "/" : asked_.what.at.path);
  request_.version(11);
  request_.set(http::field::host,
               base::to_string(base::Address{asked_.what.at.host, asked_.what.at.port}));
  request_.set(http::field::content_type, "application/json");
  request_.set(http::field::accept, "application/json, application/problem+json");
  if (!asked_.what.priority.empty())
    request_.set("3gpp-sbi-message-priority", std::string(asked_.what.priority));
  request_.body() = std::move(asked_.what.body);
  request_.prepare_payload();
  // One time for all of it: name, connection, request and answer.
  due_.emplace(resolver_.get_executor(), within);
  due_->async_wait([weak = weak_from_this()](const error_code& stop) {
    const auto self = weak.lock();
    if (stop || !self) return;
    error_code ignored;
    self->resolver_.cancel();
    self->stream_->socket().close(ignored);
  });
  if (idle) {
    stream_.emplace(std::move(*idle));
    return write();
  }
  resolver_.async_resolve(
      asked_.what.at.host.text(), std::to_string(asked_.what.at.port),
      [self = shared_from_this()](const error_code& error, tcp::resolver::results_type found) {
        error ? self->end(error) : self->connect(std::move(found));
      });
}

void Http1Call::connect(tcp::resolver::results_type found) {
  stream_->async_connect(
      found, [self = shared_from_this()](const error_code& error, const tcp::endpoint&) {
        error ? self->end(error) : self->write();
      });
}

void Http1Call::write() {
  http::async_write(*stream_, request_,
                    [self = shared_from_this()](const error_code& error, std::size_t) {
                      error ? self->end(error) : self->read();
                    });
}

void Http1Call::read() {
  parser_.emplace();
  parser_->body_limit(kMostBody);
  parser_->header_limit(kMostFields);
  http::async_read(*stream_, buffer_, *parser_,
                   [self = shared_from_this()](const error_code& error, std::size_t) {
                     const bool is_interim = !error && self->parser_->get().result_int() / 100 == 1;
                     is_interim ? self->read() : self->end(error);
                   });
}

void Http1Call::end(const error_code& error) {
  due_.reset();
  const auto origin = origin_.lock();
  if (!origin) return;
  if (error) {
    origin->ended(std::nullopt);
    return asked_.answered(nullptr);
  }
  const auto message = parser_->release();
  Response response;
  response.status = message.result_int();
  for (const auto& one : message) {
    std::string name(one.name_string());
    for (char& c : name) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    response.fields.emplace_back(std::move(name), std::string(one.value()));
  }
  response.body = message.body();
  if (message.keep_alive() && buffer_.size() == 0) {
    origin->ended(std::move(stream_));
  } else {
    origin->ended(std::nullopt);
  }
  asked_.answered(&response);
}

/// Calls hold the origin weakly: an answer after its end is nobody's.
class Http1OriginHolder final : public Origin {
 public:
  Http1OriginHolder(boost::asio::io_context& io, Span within)
      : origin_(std::make_shared<Http1Origin>(io, within)) {}
  void post(Post what, Answered answered) override {
    origin_->post({std::move(what), std::move(answered)});
  }

 private:
  std::shared_ptr<Http1Origin> origin_;
};

}  // namespace

std::unique_ptr<Origin> http1_origin(boost::asio::io_context& io, Span answer_within) {
  return std::make_unique<Http1OriginHolder>(io, answer_within);
}

}  // namespace msggw::m5s
