// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/m5s/link.h"

#include <boost/asio/buffer.hpp>
#include <string_view>
#include <utility>

#include "tests/sim/m5s/http2.h"

namespace msggw::m5s {

namespace {

using boost::beast::error_code;

std::string print_peer(const boost::beast::tcp_stream& stream) {
  error_code error;
  const auto at = stream.socket().remote_endpoint(error);
  return error ? "" : at.address().to_string() + ":" + std::to_string(at.port());
}

/// A connection that has not said yet what it speaks.
class Newcomer final : public Link {
 public:
  using Link::Link;

  void read() {
    constexpr std::size_t kStep = 4'096;
    stream_.expires_after(std::chrono::seconds(60));
    stream_.async_read_some(buffer_.prepare(kStep), [this, self = shared_from_this()](
                                                        const error_code& error, std::size_t size) {
      if (error) return;
      buffer_.commit(size);
      decide();
    });
  }

 private:
  void decide() {
    const std::string_view begin(static_cast<const char*>(buffer_.data().data()), buffer_.size());
    const auto preface = Http2::kPreface;
    if (begin.starts_with(preface)) {
      serve_http2(std::move(stream_), context_, std::move(buffer_));
    } else if (preface.starts_with(begin)) {
      read();
    } else {
      serve_http1(std::move(stream_), context_, std::move(buffer_));
    }
  }

  boost::beast::flat_buffer buffer_;
};

}  // namespace

Link::Link(boost::beast::tcp_stream stream, std::shared_ptr<LinkContext> context)
    : stream_(std::move(stream)), context_(std::move(context)), peer_(print_peer(stream_)) {
  context_->links.insert(this);
}

Link::~Link() {
  context_->links.erase(this);
}

void Link::cut() {
  error_code ignored;
  stream_.socket().set_option(boost::asio::socket_base::linger(true, 0), ignored);
  stream_.socket().close(ignored);
}

void Link::say_goodbye() {
  if (std::exchange(leaving_, true)) return;
  error_code ignored;
  stream_.socket().shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
  stream_.expires_after(std::chrono::seconds(5));
  drain();
}

void Link::drain() {
  stream_.async_read_some(boost::asio::buffer(drained_),
                          [self = shared_from_this()](const error_code& error, std::size_t) {
                            if (!error) self->drain();
                          });
}

void greet(boost::asio::ip::tcp::socket socket, std::shared_ptr<LinkContext> context) {
  std::make_shared<Newcomer>(boost::beast::tcp_stream(std::move(socket)), std::move(context))
      ->read();
}

}  // namespace msggw::m5s
