// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/smsc/link.h"

#include <netinet/tcp.h>

#include <boost/asio/post.hpp>
#include <cstring>

#include "tests/sim/smsc/server.h"

namespace msggw::smsc {
namespace {

constexpr Instant kGoodbye = std::chrono::seconds(5);  ///< for the last octets of a link

std::string peer_of(const Stream::Socket& socket) {
  boost::system::error_code error;
  const auto peer = socket.remote_endpoint(error);
  return error ? "?" : peer.address().to_string() + ":" + std::to_string(peer.port());
}

}  // namespace

Link::Link(Server& server, Stream::Socket socket, boost::asio::ssl::context* tls)
    : server_(server),
      stream_(std::move(socket), tls),
      session_(server.centre(), peer_of(stream_.socket()), [this] { server_.wants_flush(*this); }) {
}

void Link::start() {
  boost::system::error_code ignored;
  stream_.socket().set_option(boost::asio::ip::tcp::no_delay(true), ignored);
  stream_.handshake([self = shared_from_this()](const boost::system::error_code& error) {
    if (error) {
      self->end(End::close);
      return;
    }
    self->handshaken_ = true;
    self->read();
  });
}

void Link::read() {
  // Who does not take the answers gets no more of them.
  if (ended_ || reading_ || session_.is_silent() ||
      session_.output().size() > Session::kMostOutput) {
    return;
  }
  reading_ = true;
  stream_.read_some(
      boost::asio::buffer(buffer_.data() + kept_, buffer_.size() - kept_),
      [self = shared_from_this()](const boost::system::error_code& error, std::size_t octets) {
        self->on_read(error, octets);
      });
}

void Link::on_read(const boost::system::error_code& error, std::size_t octets) {
  reading_ = false;
  if (ended_ || session_.is_silent()) return;
  if (error) {
    end(End::close);
    return;
  }
  if (session_.is_over()) {
    kept_ = 0;
    read();
    return;
  }
  server_.centre().read_clock();
  const std::size_t have = kept_ + octets;
  const std::size_t taken = session_.receive({buffer_.data(), have});
  kept_ = have - taken;
  if (taken > 0 && kept_ > 0) std::memmove(buffer_.data(), buffer_.data() + taken, kept_);
  server_.touch();
  read();
}

void Link::flush() {
  if (ended_ || writing_ || session_.is_silent()) return;
  if (session_.output().empty() || !handshaken_) {
    if (!session_.is_over() || shut_) return;
    shut_ = true;
    boost::system::error_code ignored;
    stream_.socket().shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
    return;
  }
  writing_ = true;
  written_.clear();
  written_.swap(session_.output());
  stream_.write(boost::asio::buffer(written_),
                [self = shared_from_this()](const boost::system::error_code& error, std::size_t) {
                  self->on_written(error);
                });
}

void Link::on_written(const boost::system::error_code& error) {
  writing_ = false;
  if (error) {
    end(End::close);
    return;
  }
  flush();
  read();
}

void Link::finish() {
  session_.lose();
  flush();
}

void Link::end(End how) {
  if (ended_) return;
  ended_ = true;
  session_.lose();
  boost::system::error_code ignored;
  if (how == End::reset) {
    stream_.socket().set_option(boost::asio::socket_base::linger(true, 0), ignored);
  }
  stream_.socket().close(ignored);
  server_.forget(*this);
}

void Link::be_silent() {
  session_.be_silent();
}

bool Link::peer_is_gone() {
  tcp_info info{};
  socklen_t size = sizeof info;
  const int fd = stream_.socket().native_handle();
  return ::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 ||
         info.tcpi_state != TCP_ESTABLISHED;
}

void Link::check_times() {
  session_.check_times();
  // A silent link reads nothing, so the end of the connection has to be looked for.
  if (session_.is_silent() && peer_is_gone()) {
    end(End::close);
    return;
  }
  if (!session_.is_over()) return;
  const Instant now = server_.centre().now();
  if (!over_since_) over_since_ = now;
  if (now - *over_since_ > kGoodbye) end(End::close);
}

}  // namespace msggw::smsc
