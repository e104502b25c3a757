// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/stream_link.h"

#include <utility>

namespace msggw::coap {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

class StreamLink final : public ClientLink {
 public:
  StreamLink(asio::io_context& io, const LinkSecurity& security,
             const StreamConnection::Limits& limits, LinkEvents events)
      : socket_(io), security_(security), limits_(limits), events_(std::move(events)) {}
  ~StreamLink() override {
    alive_.reset();
    boost::system::error_code ignored;
    socket_.close(ignored);
    if (connection_) connection_->close();
  }
  StreamLink(const StreamLink&) = delete;
  StreamLink& operator=(const StreamLink&) = delete;

  void connect(const tcp::endpoint& to) {
    socket_.async_connect(
        to, [this, alive = std::weak_ptr(alive_)](const boost::system::error_code& error) {
          if (alive.expired()) return;
          if (error) return lost({base::Errc::unavailable, "no connection: " + error.message()});
          connected();
        });
  }

  std::size_t room(const Destination& to) const override {
    const std::size_t most = connection_->peer_message_octets();
    const std::size_t options = option_octets(to);
    return most > options + 16 ? most - options : 16;
  }

  void send(const RequestPart& part, const Token& token) override {
    OptionWriter options;
    for_each_option(part, [&options](std::uint16_t number, std::string_view value) {
      options.add(number, value);
    });
    connection_->send(static_cast<std::uint8_t>(part.method), token.view(), options.octets(),
                      part.payload);
  }

  void forget(const Token&) override {}  // what went out is not repeated

 private:
  void connected() {
    StreamConnection::Events events;
    events.ready = [this] { events_.ready(); };
    events.message = [this](const WireMessage& message) {
      events_.answer(message.token, read_answer(message, true));
    };
    events.ended = [this](const StreamConnection::End& end) { lost(end.error); };
    connection_ =
        std::make_shared<StreamConnection>(std::move(socket_), limits_, std::move(events));
    ssl_st* secure = nullptr;
    if (security_.tls) {
      secure = tls::connect_with(security_.tls, security_.host.text());
      if (security_.psk) tls::use_psk_as_client(secure, *security_.psk);
    }
    connection_->begin(secure, tls::Side::client, security_.psk);
  }

  void lost(const base::Error& error) {
    const auto tell = events_.lost;  // its user may drop this link while it hears of it
    tell(error);
  }

  tcp::socket socket_;
  LinkSecurity security_;
  StreamConnection::Limits limits_;
  LinkEvents events_;
  std::shared_ptr<StreamConnection> connection_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace

std::unique_ptr<ClientLink> open_stream_link(asio::io_context& io, const tcp::endpoint& to,
                                             const LinkSecurity& security,
                                             const StreamConnection::Limits& limits,
                                             LinkEvents events) {
  auto link = std::make_unique<StreamLink>(io, security, limits, std::move(events));
  link->connect(to);
  return link;
}

}  // namespace msggw::coap
