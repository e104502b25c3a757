// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <charconv>
#include <deque>
#include <map>
#include <utility>

#include "tests/sim/m5s/client.h"
#include "tests/sim/m5s/http2.h"

namespace msggw::m5s {

namespace {

using boost::asio::ip::tcp;
using boost::beast::error_code;

Fields fields_of(const Post& what) {
  const base::Uri& at = what.at;
  Fields fields{{":method", "POST"},
                {":scheme", "http"},
                {":authority", base::to_string(base::Address{at.host, at.port})},
                {":path", at.path.empty() ? "/" : at.path},
                {"content-type", "application/json"},
                {"accept", "application/json, application/problem+json"}};
  if (!what.priority.empty())
    fields.emplace_back("3gpp-sbi-message-priority", std::string(what.priority));
  return fields;
}

Response response_of(Http2::Heard heard) {
  Response response;
  for (auto& [name, value] : heard.fields) {
    if (name == ":status") {
      std::from_chars(value.data(), value.data() + value.size(), response.status);
    } else {
      response.fields.emplace_back(std::move(name), std::move(value));
    }
  }
  response.body = std::move(heard.body);
  return response;
}

/// One connection, and the requests on it. It lives as long as something is under way.
class Http2Connection : public std::enable_shared_from_this<Http2Connection> {
 public:
  explicit Http2Connection(boost::asio::io_context& io) : io_(io), resolver_(io), stream_(io) {}

  void start(const base::Uri& at) {
    resolver_.async_resolve(
        at.host.text(), std::to_string(at.port),
        [self = shared_from_this()](const error_code& error, tcp::resolver::results_type found) {
          if (error) return self->end();
          self->stream_.async_connect(found,
                                      [self](const error_code& refused, const tcp::endpoint&) {
                                        if (refused) return self->end();
                                        self->connected_ = true;
                                        self->write();
                                        self->read();
                                      });
        });
  }

  /// False: no further request can go on this connection.
  bool post(Post& what, Answered& answered, Span within) {
    if (ended_ || http2_.is_over()) return false;
    const std::int32_t stream = http2_.ask(fields_of(what), what.body);
    if (stream < 0) return false;
    auto& [done, due] =
        calls_.try_emplace(stream, std::move(answered), boost::asio::steady_timer(io_, within))
            .first->second;
    due.async_wait([weak = weak_from_this(), stream](const error_code& stop) {
      const auto self = weak.lock();
      if (!stop && self) self->give_up(stream);
    });
    write();
    return true;
  }

  /// Nobody wants answers any more.
  void leave() {
    calls_.clear();
    error_code ignored;
    resolver_.cancel();
    stream_.socket().close(ignored);
    ended_ = true;
  }

 private:
  void read() {
    stream_.async_read_some(boost::asio::buffer(octets_),
                            [self = shared_from_this()](const error_code& error, std::size_t size) {
                              if (self->ended_) return;
                              if (error || !self->http2_.receive({self->octets_.data(), size}))
                                return self->end();
                              self->hand_out();
                              self->write();
                              if (!self->ended_) self->read();
                            });
  }

  void hand_out() {
    for (Http2::Heard& heard : http2_.take_heard()) {
      const std::int32_t stream = heard.stream;
      if (heard.too_large) {
        answer(stream, nullptr);
      } else {
        const Response response = response_of(std::move(heard));
        answer(stream, &response);
      }
    }
    for (const std::int32_t stream : http2_.take_lost()) answer(stream, nullptr);
    if (http2_.is_over()) end();
  }

  void answer(std::int32_t stream, const Response* response) {
    const auto call = calls_.extract(stream);
    if (!call.empty()) call.mapped().first(response);
  }

  void give_up(std::int32_t stream) {
    if (!connected_) return end();  // the others would wait for the same connection
    http2_.reset(stream);
    write();
    answer(stream, nullptr);
  }

  void write() {
    if (!connected_ || ended_ || !output_.empty()) return;
    output_ = http2_.take_output();
    if (output_.empty()) return;
    boost::asio::async_write(stream_, boost::asio::buffer(output_),
                             [self = shared_from_this()](const error_code& error, std::size_t) {
                               self->output_.clear();
                               if (error) return self->end();
                               self->write();
                             });
  }

  void end() {
    if (std::exchange(ended_, true)) return;
    error_code ignored;
    resolver_.cancel();
    stream_.socket().close(ignored);
    for (auto& [stream, call] : std::exchange(calls_, {})) call.first(nullptr);
  }

  boost::asio::io_context& io_;
  tcp::resolver resolver_;
  boost::beast::tcp_stream stream_;
  Http2 http2_{Http2::Side::client};
  std::map<std::int32_t, std::pair<Answered, boost::asio::steady_timer>> calls_;
  std::array<char, 64 * 1024> octets_;
  std::string output_;
  bool connected_ = false;
  bool ended_ = false;
};

class Http2Origin final : public Origin {
 public:
  Http2Origin(boost::asio::io_context& io, Span within) : io_(io), within_(within) {}
  ~Http2Origin() override {
    if (connection_) connection_->leave();
  }

  void post(Post what, Answered answered) override {
    if (connection_ && connection_->post(what, answered, within_)) return;
    connection_ = std::make_shared<Http2Connection>(io_);
    connection_->start(what.at);
    connection_->post(what, answered, within_);
  }

 private:
  boost::asio::io_context& io_;
  Span within_;
  std::shared_ptr<Http2Connection> connection_;
};

}  // namespace

std::unique_ptr<Origin> http2_origin(boost::asio::io_context& io, Span answer_within) {
  return std::make_unique<Http2Origin>(io, answer_within);
}

}  // namespace msggw::m5s
