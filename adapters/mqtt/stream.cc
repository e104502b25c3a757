// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/stream.h"

#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

namespace msggw::mqtt {

namespace {

constexpr const char* kClosed = "closed by the broker";

tl::unexpected<base::Error> lost(std::string reason) {
  return base::fail(base::Errc::unavailable, std::move(reason));
}

/// Of recv() or send(): what it gave, or why not.
base::Result<std::size_t> outcome_of(ssize_t octets) {
  if (octets >= 0) return static_cast<std::size_t>(octets);
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return 0;
  return lost(std::strerror(errno));
}

}  // namespace

Stream::Stream(boost::asio::io_context& io, const tls::Context& context,
               std::optional<base::Host> host)
    : context_(context), host_(std::move(host)), socket_(io) {}

Stream::~Stream() {
  close();
}

void Stream::close() {
  open_.reset();
  session_.reset();
  boost::system::error_code ignored;
  if (socket_.is_open()) socket_.close(ignored);
}

void Stream::connect(const Endpoint& endpoint, Opened opened) {
  close();
  open_ = std::make_shared<const bool>(true);
  read_waits_for_ = Socket::wait_read;
  write_waits_for_ = Socket::wait_write;
  socket_.async_connect(endpoint, [this, opened = std::move(opened), open = std::weak_ptr(open_)](
                                      boost::system::error_code error) mutable {
    if (open.expired()) return;
    if (error) return opened(lost("cannot connect: " + error.message()));
    socket_.non_blocking(true, error);
    if (host_) socket_.set_option(boost::asio::ip::tcp::no_delay(true), error);
    if (!is_tls()) return opened({});
    session_.emplace(context_, host_->text(), socket_.native_handle());
    shake_hands(std::move(opened));
  });
}

void Stream::shake_hands(Opened opened) {
  const auto done = outcome(session_->shake_hands(), read_waits_for_);
  if (!done) return opened(tl::unexpected(done.error()));
  if (*done > 0) return opened({});
  wait(read_waits_for_,
       [this, opened = std::move(opened)]() mutable { shake_hands(std::move(opened)); });
}

/// What TLS has given or taken, or what it waits for, or why it ended.
base::Result<std::size_t> Stream::outcome(const tls::ClientSession::Outcome& step,
                                          Socket::wait_type& waits_for) {
  if (!step) {
    const bool closed = step.error().failure == tls::Failure::closed;
    if (closed) return lost(kClosed);
    return base::fail(base::Errc::refused, "TLS: " + step.error().detail);
  }
  if (step->octets == 0)
    waits_for = step->waits == tls::ClientSession::Waits::for_reading ? Socket::wait_read
                                                                      : Socket::wait_write;
  return step->octets;
}

base::Result<std::size_t> Stream::read(std::span<char> to) {
  if (session_) return outcome(session_->read(to), read_waits_for_);
  const ssize_t octets = ::recv(socket_.native_handle(), to.data(), to.size(), 0);
  if (octets == 0) return lost(kClosed);
  return outcome_of(octets);
}

base::Result<std::size_t> Stream::write(std::string_view octets) {
  if (octets.empty()) return 0;
  if (session_) return outcome(session_->write(octets), write_waits_for_);
  return outcome_of(::send(socket_.native_handle(), octets.data(), octets.size(), MSG_NOSIGNAL));
}

void Stream::wait_readable(Handler ready) {
  wait(session_ ? read_waits_for_ : Socket::wait_read, std::move(ready));
}

void Stream::wait_writable(Handler ready) {
  wait(session_ ? write_waits_for_ : Socket::wait_write, std::move(ready));
}

void Stream::wait(Socket::wait_type what, Handler ready) {
  socket_.async_wait(what, [ready = std::move(ready),
                            open = std::weak_ptr(open_)](boost::system::error_code error) {
    if (error != boost::asio::error::operation_aborted && !open.expired()) ready();
  });
}

}  // namespace msggw::mqtt
