// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/link.h"

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <string_view>

#include "adapters/wire/tls/handshake.h"

namespace msggw::sms {

namespace asio = boost::asio;
using asio::ip::tcp;
static_assert(kMostAccountText == smpp::kMostAccountText);

smpp::SessionOptions session_options_of(const SmscOptions& smsc) {
  return {.window = smsc.window,
          .most_unanswered = smsc.max_unanswered,
          .response_within = smsc.response_within,
          .enquire_after = smsc.enquire_after};
}

Link::Link(const base::Context& context, const SmscOptions& options, tls::Context tls,
           Events events)
    : options_(options),
      clock_(context.clock),
      events_(std::move(events)),
      session_(session_options_of(options)),
      resolver_(context.io),
      socket_(context.io),
      tls_context_(std::move(tls)),
      timer_(context.io) {}

/// Keeps the link alive until the handler has run, and runs it only while it is wanted.
template <class Handler>
auto Link::guarded(Handler handler) {
  return [self = shared_from_this(), handler = std::move(handler)](
             const boost::system::error_code& error, auto&&... rest) mutable {
    if (!self->ended_) handler(error, std::forward<decltype(rest)>(rest)...);
  };
}

template <class Do>
void Link::on_stream(Do what) {
  tls_ ? what(*tls_) : what(socket_);
}

void Link::start(const base::Address& address, smpp::Command bind) {
  bind_ = bind;
  host_ = address.host;
  step_deadline_ = clock_.now() + options_.connect_within;
  arm();
  const std::string port = std::to_string(address.port);
  if (const auto* numeric = host_.numeric()) {
    return connect(tcp::resolver::results_type::create(tcp::endpoint(*numeric, address.port),
                                                       host_.text(), port));
  }
  // Asio looks names up on a thread of its own.
  resolver_.async_resolve(
      host_.text(), port,
      guarded([this](const boost::system::error_code& error, const auto& found) {
        if (error) return finish("cannot resolve " + host_.text() + ": " + error.message());
        connect(found);
      }));
}

void Link::connect(const tcp::resolver::results_type& addresses) {
  doing_ = "connecting";
  asio::async_connect(socket_, addresses,
                      guarded([this](const boost::system::error_code& error, const auto&) {
                        if (error) return finish("no connection: " + error.message());
                        connected();
                      }));
}

void Link::connected() {
  boost::system::error_code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
  tls_context_ != nullptr ? shake_hands() : bind();
}

void Link::shake_hands() {
  doing_ = "the TLS handshake";
  step_deadline_ = clock_.now() + options_.connect_within;
  tls_.emplace(socket_, tls::connect_with(tls_context_, host_.text()));
  tls_->async_handshake(asio::ssl::stream_base::client,
                        guarded([this](const boost::system::error_code& error) {
                          if (!error) return bind();
                          finish("TLS: " + tls::problem_of(tls_->native_handle(), error).detail);
                        }));
}

void Link::bind() {
  in_session_ = true;
  const smpp::Address range{options_.range_ton.value_or(0), options_.range_npi.value_or(0),
                            options_.address_range};
  const auto sent = session_.bind(bind_,
                                  {.system_id = options_.system_id,
                                   .password = options_.password,
                                   .system_type = options_.system_type,
                                   .range = range},
                                  clock_.now());
  if (!sent) return finish(sent.error().detail);
  read();
  flush();
}

void Link::read() {
  auto handler = guarded([this](const boost::system::error_code& error, std::size_t octets) {
    if (error && !closing_) {
      session_.cut(clock_.now());
      closing_ = error == asio::error::eof ? "closed by the SMSC" : error.message();
    }
    if (error) {
      drain();
      return finish(*closing_);
    }
    session_.received(std::string_view(to_read_.data(), octets), clock_.now());
    drain();
    if (!ended_ && !closing_) read();
    if (!ended_ && session_.state() == smpp::State::closed) flush();
  });
  on_stream(
      [&](auto& stream) { stream.async_read_some(asio::buffer(to_read_), std::move(handler)); });
}

void Link::flush() {
  if (ended_ || !in_session_) return;
  drain();
  if (ended_) return;
  write();
  if (!ended_) arm();
}

/// What is written is moved to a buffer of its own: the session goes on appending meanwhile.
void Link::write() {
  if (writing_) return;
  if (session_.output().empty()) {
    if (closing_) finish(*closing_);
    return;
  }
  writing_ = true;
  to_write_.assign(session_.output());
  session_.written(to_write_.size());
  auto handler = guarded([this](const boost::system::error_code& error, std::size_t) {
    writing_ = false;
    if (!error) return write();
    session_.cut(clock_.now());
    drain();
    finish(closing_.value_or(error.message()));
  });
  on_stream([&](auto& stream) {
    asio::async_write(stream, asio::buffer(to_write_), std::move(handler));
  });
}

void Link::drain() {
  for (auto events = session_.take_events(); !events.empty() && !ended_;
       events = session_.take_events()) {
    for (smpp::Event& event : events) {
      if (ended_) return;
      if (event.kind != smpp::Event::Kind::closed) {
        events_.event(event);
        continue;
      }
      if (!closing_) closing_ = std::move(event.reason);
      step_deadline_ = clock_.now() + kLastWrite;
    }
  }
}

void Link::arm() {
  if (!in_session_ || closing_) return arm_at(step_deadline_);
  if (const auto deadline = session_.next_deadline()) arm_at(*deadline);
}

/// A timer that fires early does no harm, one that is moved for every packet would cost something.
void Link::arm_at(base::TimePoint at) {
  if (at >= timer_at_) return;
  timer_at_ = at;
  timer_.expires_after(std::max(base::Duration{1}, at - clock_.now()));
  timer_.async_wait(guarded([this](const boost::system::error_code& error) {
    if (error) return;
    timer_at_ = base::TimePoint::max();
    on_timer();
  }));
}

void Link::on_timer() {
  const base::TimePoint now = clock_.now();
  if (!in_session_ || closing_) {
    if (now < step_deadline_) return arm();
    return finish(closing_.value_or(std::string(doing_) + " took longer than connect_within"));
  }
  session_.tick(now);
  flush();
}

/// By value and moved out: the owner may let go of the link, and of `closing_`, from within.
void Link::finish(std::string reason) {
  if (ended_) return;
  const auto tell = std::move(events_.ended);
  end();
  tell(reason);
}

void Link::end() {
  ended_ = true;
  boost::system::error_code ignored;
  resolver_.cancel();
  timer_.cancel();
  socket_.close(ignored);
}

}  // namespace msggw::sms
