// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/datagram_link.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>
#include <deque>
#include <map>
#include <string>
#include <utility>

#include "adapters/wire/coap/alarm.h"
#include "adapters/wire/coap/datagram_socket.h"
#include "adapters/wire/tls/datagram_session.h"

namespace msggw::coap {

namespace {

/// Of the receive buffer for each request outstanding: an answer, as the kernel counts it. All may
/// come at once, and one lost costs its ACK_TIMEOUT.
constexpr std::size_t kReceiveOctets = 4'096;

/// The requests that have ended whose answers are acknowledged if they come again (RFC 7252 4.5);
/// an answer to what was never asked is reset.
constexpr std::size_t kMostEnded = 256;

struct ConnectedSocket {
  Peer to;
  base::UniqueFd fd;
};

class DatagramLink final : public ClientLink {
 public:
  DatagramLink(boost::asio::io_context& io, ConnectedSocket socket,
               const MessageLayer::Limits& limits, LinkEvents events);
  ~DatagramLink() override { alive_.reset(); }
  DatagramLink(const DatagramLink&) = delete;
  DatagramLink& operator=(const DatagramLink&) = delete;

  void connect(const LinkSecurity& security);
  std::size_t room(const Destination&) const override { return kDatagramPayload; }
  void send(const RequestPart& part, const Token& token) override;
  void forget(const Token& token) override;

 private:
  void received(const Datagram& datagram);
  void ended(const Token& token, Ending how);
  void close(const Token& token);
  void transmit(std::string_view octets);
  void take(std::string_view octets);
  void handshake_step();
  void fail(std::string why);
  template <class Call>
  void later(Call&& call);

  boost::asio::io_context& io_;
  Peer server_;
  LinkEvents events_;
  base::Clock clock_;
  std::map<std::string, std::uint16_t, std::less<>> open_;  // token -> Message ID
  std::deque<std::string> ended_;                           // tokens, the latest last
  MessageLayer layer_;
  DatagramSocket socket_;
  std::shared_ptr<const tls::PskSecret> psk_;
  std::unique_ptr<tls::DatagramSession> dtls_;  // null: in the clear. Says good-bye by the socket
  Alarm repetitions_;
  Alarm handshake_;
  bool ready_ = false;
  bool lost_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for handlers under way
};

DatagramLink::DatagramLink(boost::asio::io_context& io, ConnectedSocket socket,
                           const MessageLayer::Limits& limits, LinkEvents events)
    : io_(io),
      server_(socket.to),
      events_(std::move(events)),
      layer_(limits,
             {.transmit = [this](const Peer&, std::string_view octets) { transmit(octets); },
              .message = [this](const Peer&, const Datagram& datagram) { received(datagram); },
              .ended = [this](const Peer&, const Token& token, const MessageLayer::Subject&,
                              Ending how) { ended(token, how); },
              .malformed = [] {}}),
      socket_(io, std::move(socket.fd),
              {.received = [this](const Peer&, std::string_view octets) { take(octets); },
               .unsent = [] {},
               .failed =
                   [this](int error) {
                     fail(error == ECONNREFUSED ? "nobody listens there" : std::strerror(error));
                   }}),
      repetitions_(io, clock_,
                   [this] {
                     layer_.repeat(clock_.now());
                     repetitions_.set(layer_.next_due());
                   }),
      handshake_(io, clock_, [this] {
        dtls_->repeat();
        handshake_step();
      }) {}

void DatagramLink::connect(const LinkSecurity& security) {
  if (!security.tls) return later([this] { events_.ready(); });
  psk_ = security.psk;
  dtls_ = std::make_unique<tls::DatagramSession>(
      tls::connect_with(security.tls, security.host.text()), tls::Side::client,
      [this](std::string_view datagram) { socket_.send(server_, datagram); });
  if (psk_) tls::use_psk_as_client(dtls_->connection(), *psk_);
  dtls_->begin();
  handshake_step();
}

void DatagramLink::transmit(std::string_view octets) {
  if (dtls_) {
    dtls_->send(octets);
  } else {
    socket_.send(server_, octets);
  }
}

void DatagramLink::take(std::string_view octets) {
  if (!dtls_) return layer_.received(server_, octets);
  dtls_->received(octets, [this](std::string_view data) { layer_.received(server_, data); });
  handshake_step();
}

void DatagramLink::handshake_step() {
  switch (dtls_->state()) {
    case tls::DatagramSession::State::handshake:
      if (const auto within = dtls_->repeat_within()) handshake_.set(clock_.now() + *within);
      return;
    case tls::DatagramSession::State::established:
      if (!std::exchange(ready_, true)) events_.ready();
      return;
    case tls::DatagramSession::State::ended:
      fail(ready_ ? "the DTLS session was closed" : "DTLS: " + dtls_->problem().detail);
      return;
  }
}

template <class Call>
void DatagramLink::later(Call&& call) {
  boost::asio::post(io_, [alive = std::weak_ptr(alive_), call = std::forward<Call>(call)] {
    if (!alive.expired()) call();
  });
}

void DatagramLink::send(const RequestPart& part, const Token& token) {
  OptionWriter options;
  for_each_option(part, [&options](std::uint16_t number, std::string_view value) {
    options.add(number, value);
  });
  const auto now = clock_.now();
  open_[std::string(token.view())] =
      layer_.send(server_, true, static_cast<std::uint8_t>(part.method), token, options.octets(),
                  part.payload, now);
  repetitions_.set(layer_.next_due());
}

void DatagramLink::received(const Datagram& datagram) {
  const Token& token = datagram.message.token;
  const bool is_answer = datagram.message.code >> 5 != 0;
  const auto asked = open_.find(token.view());
  const auto was_asked = [&] {
    return std::find(ended_.begin(), ended_.end(), token.view()) != ended_.end();
  };
  if (!is_answer || (asked == open_.end() && !was_asked())) return layer_.reject(server_, datagram);
  AnswerPart answer = read_answer(datagram.message, false);
  // Malformed, or with a critical option that is unknown (RFC 7252 4.2, 5.4.1).
  if (answer.malformed || answer.options.bad_option) {
    layer_.reject(server_, datagram);
  } else if (datagram.type == MessageType::confirmable) {
    layer_.acknowledge(server_, datagram.mid);
  }
  if (asked == open_.end()) return;
  layer_.conclude(server_, asked->second);  // its ACK was lost, or comes behind
  close(token);
  events_.answer(token, std::move(answer));
}

void DatagramLink::ended(const Token& token, Ending how) {
  if (how.how == Ending::acknowledged) return;  // the answer comes with it, or separately
  close(token);
  events_.failed(token, how == Ending::reset ? "reset by the server" : "no acknowledgement");
}

void DatagramLink::close(const Token& token) {
  const auto asked = open_.find(token.view());
  if (asked == open_.end()) return;
  ended_.push_back(asked->first);
  if (ended_.size() > kMostEnded) ended_.pop_front();
  open_.erase(asked);
}

void DatagramLink::forget(const Token& token) {
  const auto asked = open_.find(token.view());
  if (asked == open_.end()) return;
  layer_.forget(server_, asked->second);
  close(token);
}

void DatagramLink::fail(std::string why) {
  if (std::exchange(lost_, true)) return;
  // Whoever hears of it drops this link.
  later([this, why = std::move(why)] {
    const auto tell = events_.lost;
    tell({base::Errc::unavailable, why});
  });
}

}  // namespace

std::unique_ptr<ClientLink> open_datagram_link(boost::asio::io_context& io, const SocketAddress& to,
                                               const LinkSecurity& security,
                                               const MessageLayer::Limits& limits,
                                               LinkEvents events) {
  base::UniqueFd socket = connect_udp(to);
  if (!socket) return nullptr;
  set_buffers(socket.get(), limits.max_unacknowledged * kReceiveOctets);
  auto link = std::make_unique<DatagramLink>(
      io, ConnectedSocket{peer_of(to.generic), std::move(socket)}, limits, std::move(events));
  link->connect(security);
  return link;
}

}  // namespace msggw::coap
