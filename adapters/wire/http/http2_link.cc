// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/http/http2_link.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "adapters/wire/tls/handshake.h"

namespace msggw::http {

namespace {

using base::Errc;
using boost::asio::ip::tcp;

constexpr std::size_t kReadOctets = 64 * 1024;
constexpr const char* kNoAnswer = "cannot connect: no answer in time";

}  // namespace

Http2Link::Http2Link(std::shared_ptr<Http2ClientContext> context, Way way)
    : context_(std::move(context)),
      way_(std::move(way)),
      resolver_(way_.io),
      stream_(std::in_place_type<TcpSocket>, way_.io),
      deadline_(context_->now + context_->options.connect_timeout) {}

TcpSocket& Http2Link::socket() noexcept {
  if (auto* plain = std::get_if<TcpSocket>(&stream_)) return *plain;
  return std::get_if<TlsStream>(&stream_)->next_layer();
}

void Http2Link::open() {
  if (const auto* numeric = way_.origin.host.numeric()) {
    untried_ = {tcp::endpoint(*numeric, way_.origin.port)};
    return try_address();
  }
  resolve();
}

void Http2Link::resolve() {
  resolver_.async_resolve(
      way_.origin.host.text(), std::to_string(way_.origin.port), Resolver::numeric_service,
      [self = shared_from_this()](const ErrorCode& ec, const Resolver::results_type& found) {
        if (self->is_closed()) return;
        if (ec || found.empty()) {
          self->end(Errc::unavailable, "cannot connect: the name has no address: " + ec.message());
          return self->way_.changed();
        }
        for (const auto& entry : found)
          self->untried_.insert(self->untried_.begin(), entry.endpoint());
        self->try_address();
      });
}

/// Each address has its share of the time that is left.
void Http2Link::try_address() {
  phase_ = Phase::connecting;
  const auto now = std::chrono::steady_clock::now();
  address_due_ = now + (deadline_ - now) / static_cast<int>(untried_.size());
  const tcp::endpoint address = untried_.back();
  untried_.pop_back();
  socket().async_connect(address, [self = shared_from_this()](const ErrorCode& ec) {
    if (!self->is_closed()) self->on_connected(ec);
  });
}

void Http2Link::on_connected(const ErrorCode& ec) {
  ErrorCode ignored;
  if (ec && !untried_.empty()) {
    socket().close(ignored);
    return try_address();
  }
  if (ec) {
    const bool late = ec == boost::asio::error::operation_aborted;  // by check_time()
    end(Errc::unavailable, late ? kNoAnswer : "cannot connect: " + ec.message());
    return way_.changed();
  }
  socket().set_option(tcp::no_delay(true), ignored);
  if (way_.tls != nullptr) return handshake();
  begin();
}

void Http2Link::handshake() {
  phase_ = Phase::handshake;
  TcpSocket connected = std::move(std::get<TcpSocket>(stream_));
  auto& tls = stream_.emplace<TlsStream>(std::move(connected),
                                         tls::connect_with(way_.tls, way_.origin.host.text()));
  tls.async_handshake(TlsStream::client, [self = shared_from_this()](const ErrorCode& ec) {
    if (!self->is_closed()) self->on_handshake(ec);
  });
}

void Http2Link::on_handshake(const ErrorCode& ec) {
  if (ec) {
    end(Errc::unavailable, reason_of(ec));
  } else if (tls::protocol_of(std::get<TlsStream>(stream_).native_handle()) != "h2") {
    end(Errc::unavailable, "the server does not offer HTTP/2 (ALPN without h2)");
  } else {
    return begin();
  }
  way_.changed();
}

void Http2Link::begin() {
  phase_ = Phase::settling;
  context_->now = std::chrono::steady_clock::now();
  session_.emplace(*context_, way_.origin, out_);
  in_.resize(kReadOctets);
  read();
  way_.changed();
}

std::size_t Http2Link::room() const noexcept {
  return phase_ == Phase::open ? session_->room() : 0;
}

void Http2Link::read() {
  std::visit(
      [this](auto& stream) {
        stream.async_read_some(boost::asio::buffer(in_),
                               [self = shared_from_this()](const ErrorCode& ec, std::size_t size) {
                                 if (!self->is_closed()) self->on_read(ec, size);
                               });
      },
      stream_);
}

void Http2Link::on_read(const ErrorCode& ec, std::size_t size) {
  context_->now = std::chrono::steady_clock::now();
  if (ec) {
    end(Errc::unavailable, reason_of(ec));
  } else {
    session_->receive({in_.data(), size});
    if (phase_ == Phase::settling && session_->is_settled()) phase_ = Phase::open;
    read();
  }
  way_.changed();
}

void Http2Link::update() {
  if (!session_ || phase_ >= Phase::parting) return;
  session_->flush();
  if (session_->over()) part();
}

/// The session is over. What it has said last goes out, then the connection is closed.
void Http2Link::part() {
  phase_ = Phase::parting;
  if (!session_->was_of_use()) failure_ = session_->over();
}

void Http2Link::write() {
  if (!session_ || is_closed() || write_pending_) return;
  session_->flush();
  if (out_.empty()) {
    if (phase_ == Phase::parting) close();
    return;
  }
  std::swap(out_, writing_);
  write_pending_ = true;
  writing_since_ = context_->now;
  std::visit(
      [this](auto& stream) {
        boost::asio::async_write(stream, writing_.buffers(),
                                 [self = shared_from_this()](const ErrorCode& ec, std::size_t) {
                                   if (!self->is_closed()) self->on_written(ec);
                                 });
      },
      stream_);
}

void Http2Link::on_written(const ErrorCode& ec) {
  write_pending_ = false;
  writing_.clear();
  // The reader has it too, behind what the server has said before.
  if (!ec) way_.changed();
}

void Http2Link::check_time() {
  const auto now = context_->now;
  ErrorCode ignored;
  if (is_opening() && now > deadline_) {
    end(Errc::unavailable, kNoAnswer);
  } else if (phase_ == Phase::connecting && now > address_due_) {
    socket().close(ignored);
  } else if (write_pending_ && now - writing_since_ > context_->options.request_timeout) {
    end(Errc::unavailable, "the connection is lost: the server takes nothing");
  } else if (session_ && phase_ < Phase::parting) {
    session_->check_time();
  }
}

std::string Http2Link::reason_of(const ErrorCode& ec) {
  std::string reason;
  if (auto* tls = std::get_if<TlsStream>(&stream_)) {
    const auto problem = tls::problem_of(tls->native_handle(), ec);
    if (problem.failure != tls::Failure::closed) return problem.detail;
    reason = problem.detail;
  } else {
    reason = ec == boost::asio::error::eof ? "the server closed it" : ec.message();
    if (is_opening()) reason += "; if it speaks TLS, ask it by https";
  }
  return (is_opening() ? "cannot connect: " : "the connection is lost: ") + reason;
}

/// Without a word to the server.
void Http2Link::end(Errc code, const std::string& reason) {
  const bool of_use = session_ && session_->was_of_use();
  if (!of_use && phase_ < Phase::parting) failure_ = base::Error{code, reason};
  if (session_) session_->fail(code, reason);
  close();
}

void Http2Link::close() noexcept {
  phase_ = Phase::closed;
  resolver_.cancel();
  session_.reset();
  ErrorCode ignored;
  socket().close(ignored);
}

}  // namespace msggw::http
