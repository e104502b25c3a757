// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/client_route.h"

#include <boost/asio/post.hpp>
#include <stdexcept>
#include <utility>

#include "adapters/wire/coap/security.h"

namespace msggw::coap {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

/// A connection over which nothing is asked is closed by the server when it likes; this only keeps
/// one that is dead without our knowing from being kept for ever.
constexpr base::Duration kIdle{300'000};

/// Requests that wait to be written: those in flight, of any length that a server may take.
constexpr std::size_t kUnsentOctets = 16 << 20;

}  // namespace

LinkFactory::LinkFactory(asio::io_context& io, const ClientOptions& options)
    : io_(io), options_(options) {
  const ClientSecurity& security = options.security;
  tls::Options tls{.ciphers = kCiphers};
  if (!security.psk_identity.empty()) {
    psk_ = std::make_shared<const tls::PskSecret>(
        tls::PskSecret{security.psk_identity, security.psk_key});
  } else {
    tls.ca = security.ca;
    tls.crl = security.crl;
    tls.certificate = security.certificate;
    tls.key = security.key;
  }
  for (const bool datagram : {false, true}) {
    tls.datagram = datagram;
    auto made = tls::make(tls);
    if (!made) throw std::runtime_error(made.error().detail);
    (datagram ? dtls_ : tls_) = std::move(*made);
  }
}

std::unique_ptr<ClientLink> LinkFactory::open(const RouteKey& key, const tcp::endpoint& to,
                                              LinkEvents events) {
  const auto& [transport, host, port] = key;
  LinkSecurity security{host, nullptr, psk_};
  if (is_secure(transport)) security.tls = is_stream(transport) ? tls_ : dtls_;
  if (is_stream(transport)) {
    const StreamConnection::Limits limits{options_.max_response_octets + 1'024, kUnsentOctets,
                                          options_.connect_timeout, kIdle};
    return open_stream_link(io_, to, security, limits, std::move(events));
  }
  const MessageLayer::Limits limits{options_.ack_timeout, options_.max_retransmit,
                                    options_.max_in_flight};
  return open_datagram_link(io_, socket_address(to.address(), to.port()), security, limits,
                            std::move(events));
}

ClientRoute::ClientRoute(asio::io_context& io, LinkFactory& links, RouteKey key, Events events)
    : io_(io),
      links_(links),
      key_(std::move(key)),
      events_(std::move(events)),
      resolver_(io),
      timer_(io) {}

std::string ClientRoute::name() const {
  const auto& [transport, host, port] = key_;
  const std::string text =
      std::string(scheme_of(transport)) + "://" + base::to_string(base::Address{host, port});
  if (host.is_numeric() || address_ >= addresses_.size()) return text;
  return text + " (" + addresses_[address_].address().to_string() + ")";
}

const char* ClientRoute::why_not_connected() const {
  if (addresses_.empty()) return "the name was not resolved in time";
  switch (std::get<0>(key_)) {
    case Transport::udp: return "nobody answers there";
    case Transport::dtls:
      return "no end of the DTLS handshake: nobody answers there, or the PSK key is wrong";
    case Transport::tcp:
    case Transport::tls: break;
  }
  return "no connection in time";
}

void ClientRoute::connect() {
  if (connecting_ || ready_) return;
  connecting_ = true;
  ++attempt_;
  timer_.expires_after(links_.connect_timeout());
  timer_.async_wait(
      [this, attempt = attempt_, alive = std::weak_ptr(alive_)](const ErrorCode& error) {
        if (error || alive.expired() || !connecting_ || attempt != attempt_) return;
        drop({base::Errc::unavailable, why_not_connected()});
      });
  resolve();
}

void ClientRoute::resolve() {
  const auto& [transport, host, port] = key_;
  if (const auto* numeric = host.numeric()) {
    addresses_ = {tcp::endpoint(*numeric, port)};
    untried_ = 1;
    return try_address();
  }
  resolver_.async_resolve(
      host.text(), std::to_string(port), tcp::resolver::numeric_service,
      [this, attempt = attempt_, alive = std::weak_ptr(alive_)](
          const ErrorCode& error, const tcp::resolver::results_type& found) {
        if (alive.expired() || !connecting_ || attempt != attempt_) return;
        if (error || found.empty())
          return drop({base::Errc::unavailable, "the name has no address: " + error.message()});
        addresses_.clear();
        for (const auto& entry : found) addresses_.push_back(entry.endpoint());
        address_ %= addresses_.size();
        untried_ = addresses_.size();
        try_address();
      });
}

void ClientRoute::try_address() {
  --untried_;
  link_ = links_.open(key_, addresses_[address_], link_events());
  if (link_) return;
  asio::post(io_, [this, attempt = attempt_, alive = std::weak_ptr(alive_)] {
    if (!alive.expired() && !link_ && connecting_ && attempt == attempt_)
      link_lost({base::Errc::unavailable, "no socket to be had"});
  });
}

LinkEvents ClientRoute::link_events() {
  LinkEvents events;
  events.ready = [this] { link_ready(); };
  events.answer = [this](const Token& token, AnswerPart&& answer) {
    said();
    events_.answer(token, std::move(answer));
  };
  events.failed = [this](const Token& token, const std::string& why) {
    said();
    events_.failed(token, why);
  };
  events.lost = [this](const base::Error& error) { link_lost(error); };
  return events;
}

void ClientRoute::said() noexcept {
  confirmed_ = true;
  heard_ = std::chrono::steady_clock::now();
}

void ClientRoute::link_ready() {
  said();
  connecting_ = false;
  ready_ = true;
  confirmed_ = std::get<0>(key_) != Transport::udp;  // a socket alone says nothing
  timer_.cancel();
  events_.ready();
}

void ClientRoute::link_lost(const base::Error& error) {
  if (confirmed_ || untried_ == 0) return drop(error);
  connecting_ = true;
  ready_ = false;
  link_.reset();
  address_ = (address_ + 1) % addresses_.size();
  try_address();
}

void ClientRoute::drop(const base::Error& error) {
  const base::Error named{error.code, name() + ": " + error.detail};
  connecting_ = ready_ = confirmed_ = false;
  timer_.cancel();
  resolver_.cancel();
  link_.reset();
  if (!addresses_.empty()) address_ = (address_ + 1) % addresses_.size();
  events_.dropped(named);
}

}  // namespace msggw::coap
