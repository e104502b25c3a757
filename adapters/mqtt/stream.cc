// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <climits>
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

/// Why a call of OpenSSL failed for good; `error` is errno after it.
std::string reason_of(const SSL* session, int result, int error) {
  const long verdict = SSL_get_verify_result(session);
  if (verdict != X509_V_OK) {
    return std::string("TLS: the broker's certificate is not accepted: ") +
           X509_verify_cert_error_string(verdict);
  }
  const unsigned long code = ERR_peek_last_error();
  const int kind = SSL_get_error(session, result);
  const bool cut = ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
  if (kind == SSL_ERROR_ZERO_RETURN || cut) return kClosed;
  if (kind == SSL_ERROR_SYSCALL) return error == 0 ? kClosed : std::strerror(error);
  const char* const text = ERR_reason_error_string(code);
  return std::string("TLS: ") + (text == nullptr ? "unknown error" : text);
}

}  // namespace

void free_tls_session(ssl_st* session) noexcept {
  SSL_free(session);
}

Stream::Stream(boost::asio::io_context& io, ssl_ctx_st* context, std::optional<base::Host> host)
    : context_(context), host_(std::move(host)), socket_(io) {}

Stream::~Stream() {
  close();
}

void Stream::close() {
  open_.reset();
  if (session_ && SSL_is_init_finished(session_.get())) SSL_shutdown(session_.get());
  session_.reset();
  ERR_clear_error();
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
    is_tls() ? begin_tls(std::move(opened)) : opened({});
  });
}

void Stream::begin_tls(Opened opened) {
  session_.reset(SSL_new(context_));
  if (session_ == nullptr || SSL_set_fd(session_.get(), socket_.native_handle()) != 1)
    return opened(lost("TLS: no memory"));
  SSL_set_connect_state(session_.get());
  if (host_ && !host_->is_numeric())
    SSL_set_tlsext_host_name(session_.get(), host_->text().c_str());
  shake_hands(std::move(opened));
}

void Stream::shake_hands(Opened opened) {
  ERR_clear_error();
  errno = 0;
  const int result = SSL_do_handshake(session_.get());
  if (result == 1) return opened({});
  const auto more = outcome(result, read_waits_for_);
  if (!more) return opened(tl::unexpected(more.error()));
  wait(read_waits_for_,
       [this, opened = std::move(opened)]() mutable { shake_hands(std::move(opened)); });
}

/// Of a call of OpenSSL: octets, or what it waits for, or why it failed.
base::Result<std::size_t> Stream::outcome(int result, Socket::wait_type& waits_for) {
  const int error = errno;
  if (result > 0) return static_cast<std::size_t>(result);
  switch (SSL_get_error(session_.get(), result)) {
    case SSL_ERROR_WANT_READ: waits_for = Socket::wait_read; return 0;
    case SSL_ERROR_WANT_WRITE: waits_for = Socket::wait_write; return 0;
    default: return lost(reason_of(session_.get(), result, error));
  }
}

base::Result<std::size_t> Stream::read(std::span<char> to) {
  if (session_) {
    ERR_clear_error();
    errno = 0;
    const auto most = static_cast<int>(std::min<std::size_t>(to.size(), INT_MAX));
    return outcome(SSL_read(session_.get(), to.data(), most), read_waits_for_);
  }
  const ssize_t octets = ::recv(socket_.native_handle(), to.data(), to.size(), 0);
  if (octets == 0) return lost(kClosed);
  return outcome_of(octets);
}

base::Result<std::size_t> Stream::write(std::string_view octets) {
  if (octets.empty()) return 0;
  if (session_) {
    ERR_clear_error();
    errno = 0;
    const auto most = static_cast<int>(std::min<std::size_t>(octets.size(), INT_MAX));
    return outcome(SSL_write(session_.get(), octets.data(), most), write_waits_for_);
  }
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
