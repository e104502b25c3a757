// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/stream_connection.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "adapters/wire/coap/option_values.h"
#include "gateway/base/text.h"

namespace msggw::coap {

namespace asio = boost::asio;

struct StreamConnection::Tls {
  std::shared_ptr<const void> keep;
  asio::ssl::stream<asio::ip::tcp::socket&> stream;
};

StreamConnection::StreamConnection(asio::ip::tcp::socket socket, const Limits& limits,
                                   Events events)
    : socket_(std::move(socket)),
      limits_(limits),
      events_(std::make_shared<const Events>(std::move(events))),
      timer_(socket_.get_executor()) {}

StreamConnection::~StreamConnection() = default;

ssl_st* StreamConnection::tls() const noexcept {
  return tls_ ? tls_->stream.native_handle() : nullptr;
}

template <class Call>
void StreamConnection::with_stream(Call&& call) {
  if (tls_) {
    call(tls_->stream);
  } else {
    call(socket_);
  }
}

void StreamConnection::begin(ssl_st* tls, tls::Side side, std::shared_ptr<const void> keep) {
  Error ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  arm(limits_.ready_within);
  if (tls == nullptr) return start_messages();
  tls_.reset(new Tls{std::move(keep), {socket_, tls}});
  const auto type =
      side == tls::Side::server ? asio::ssl::stream_base::server : asio::ssl::stream_base::client;
  tls_->stream.async_handshake(type, [self = shared_from_this()](const Error& error) {
    if (!self->events_) return;
    if (error) return self->end_by(error);
    self->start_messages();
  });
}

/// A CSM comes first from both sides (RFC 8323 5.3).
void StreamConnection::start_messages() {
  OptionWriter options;
  options.add(signal::kMaxMessageSize,
              NumberValue(static_cast<std::uint32_t>(limits_.message_octets)).view());
  options.add(signal::kBlockWiseTransfer, {});
  send(signal::kCsm, {}, options.octets(), {});
  if (events_) read();
}

void StreamConnection::read() {
  if (in_.size() < in_used_ + kReadOctets) in_.resize(in_used_ + kReadOctets);
  with_stream([this](auto& stream) {
    stream.async_read_some(asio::buffer(in_.data() + in_used_, in_.size() - in_used_),
                           [self = shared_from_this()](const Error& error, std::size_t octets) {
                             if (!self->events_) return;
                             if (error == asio::error::eof && self->ready_)
                               return self->leave("closed by the peer");
                             if (error) return self->end_by(error);
                             self->received(octets);
                           });
  });
}

void StreamConnection::received(std::size_t octets) {
  active_ = std::chrono::steady_clock::now();
  in_used_ += octets;
  std::size_t at = 0;
  while (events_ && !closing_ && !left_) {
    const Frame frame =
        read_frame(std::string_view(in_).substr(at, in_used_ - at), limits_.message_octets);
    if (frame.status == Frame::Status::partial) break;
    if (frame.status == Frame::Status::malformed)
      return abort(base::Errc::malformed, "a token length above 8");
    if (frame.status == Frame::Status::too_large)
      return abort(base::Errc::too_large, "a message above the Max-Message-Size");
    at += frame.octets;
    take(frame.message);
  }
  if (!events_ || closing_ || left_) return;
  in_.erase(0, at);
  in_used_ -= at;
  read();
}

void StreamConnection::take(const WireMessage& message) {
  if (!ready_ && message.code != signal::kCsm)
    return abort(base::Errc::malformed, "the first message is not a CSM");
  switch (message.code) {
    case 0: return;  // an empty message keeps the connection open (RFC 8323 3.4)
    case signal::kCsm: return take_csm(message);
    case signal::kPing: return send(signal::kPong, message.token.view(), {}, {});
    case signal::kPong: return take_pong();
    case signal::kRelease: return leave("released by the peer");
    case signal::kAbort: {
      OptionCursor options(message.rest);
      while (options.next()) {
      }
      return end({{base::Errc::unavailable,
                   "aborted by the peer: " + base::printable(options.payload(), 200)},
                  {}});
    }
    default: {
      const auto events = events_;
      events->message(message);
    }
  }
}

void StreamConnection::ping() {
  OptionWriter options;
  options.add(signal::kCustody, {});
  ++pings_;
  send(signal::kPing, {}, options.octets(), {});
}

/// Pings are answered in their order; libcoap 4.3.1 answers with no token at all.
void StreamConnection::take_pong() {
  if (pings_ == 0) return;
  --pings_;
  const auto events = events_;
  if (events->pong) events->pong();
}

void StreamConnection::take_csm(const WireMessage& message) {
  OptionCursor options(message.rest);
  while (options.next()) {
    if (options.number() == signal::kMaxMessageSize) {
      peer_message_octets_ = std::max(number_of(options.value()), signal::kBaseMessageSize);
    } else if ((options.number() & 1) != 0) {
      return abort(base::Errc::malformed, "a critical option of the CSM is unknown");
    }
  }
  if (options.malformed()) return abort(base::Errc::malformed, "a malformed CSM");
  if (std::exchange(ready_, true)) return;
  arm(limits_.idle);
  const auto events = events_;
  if (events->ready) events->ready();
}

void StreamConnection::send(std::uint8_t code, std::string_view token, std::string_view options,
                            std::string_view payload) {
  if (!events_ || closing_ || stuck_) return;
  append_frame(out_, code, token, options, payload);
  if (out_.size() <= limits_.unsent_octets) return write();
  stuck_ = true;
  asio::post(socket_.get_executor(), [self = shared_from_this()] {
    self->end({{base::Errc::unavailable, "the peer does not read what it is sent"}, {}});
  });
}

void StreamConnection::write() {
  if (write_under_way_ || out_.empty()) return;
  write_under_way_ = true;
  writing_.clear();
  std::swap(writing_, out_);
  with_stream([this](auto& stream) {
    asio::async_write(stream, asio::buffer(writing_),
                      [self = shared_from_this()](const Error& error, std::size_t) {
                        self->write_under_way_ = false;
                        if (!self->events_) return;
                        if (error) return self->end_by(error);
                        self->active_ = std::chrono::steady_clock::now();
                        self->write();
                        if (self->closing_ && !self->write_under_way_)
                          self->end({std::move(*self->closing_), {}});
                      });
  });
}

void StreamConnection::abort(base::Errc code, std::string_view diagnostic) {
  send(signal::kAbort, {}, {}, diagnostic);
  if (!events_) return;
  closing_ = base::Error{code, std::string(diagnostic)};
  arm(limits_.ready_within);
}

void StreamConnection::leave(std::string why) {
  const auto events = events_;
  left_ = std::move(why);
  if (!events->leaving) return end({{base::Errc::unavailable, *left_}, {}});
  arm(limits_.ready_within);
  events->leaving();
}

void StreamConnection::release() {
  send(signal::kRelease, {}, {}, {});
  if (events_ && !left_) leave("released");
}

void StreamConnection::finish() {
  if (!events_ || closing_) return;
  closing_ = base::Error{base::Errc::unavailable, left_.value_or("finished")};
  if (!write_under_way_) end({std::move(*closing_), {}});
}

void StreamConnection::arm(base::Duration within) {
  if (within <= base::Duration{0}) {
    timer_.cancel();
    return;
  }
  timer_.expires_after(within);
  timer_.async_wait([weak = weak_from_this()](const Error& error) {
    if (const auto self = weak.lock(); self && !error && self->events_) self->timed_out();
  });
}

void StreamConnection::timed_out() {
  if (closing_) return end({std::move(*closing_), {}});
  if (left_) return end({{base::Errc::unavailable, *left_}, {}});
  if (!ready_) {
    const char* const what = tls_ ? "no end of the TLS handshake" : "no CSM from the peer";
    return end({{base::Errc::unavailable, what}, tls::Problem{tls::Failure::timeout, what}});
  }
  const auto silent =
      std::chrono::floor<base::Duration>(std::chrono::steady_clock::now() - active_);
  if (silent < limits_.idle) return arm(limits_.idle - silent);
  end({{base::Errc::unavailable, "nothing was said for too long"}, {}});
}

void StreamConnection::close() {
  events_.reset();
  timer_.cancel();
  Error ignored;
  socket_.close(ignored);
}

void StreamConnection::end(End why) {
  const auto events = events_;
  if (!events) return;
  const auto self = shared_from_this();  // whoever hears of it may let go of the last reference
  close();
  events->ended(why);
}

void StreamConnection::end_by(const Error& error) {
  std::optional<tls::Problem> problem;
  if (!ready_ && tls_) problem = tls::problem_of(tls(), error);
  std::string detail =
      problem ? "TLS handshake: " + problem->detail : "the connection was lost: " + error.message();
  end({{base::Errc::unavailable, std::move(detail)}, std::move(problem)});
}

}  // namespace msggw::coap
