// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/library_client.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "adapters/wire/coap/socket.h"
#include "adapters/wire/tls/errors.h"
#include "adapters/wire/tls/handshake.h"
#include "gateway/base/log.h"

namespace msggw::coap {

namespace {

/// Of one handler of the loop; more waits for the next, so that others have their turn.
constexpr int kRounds = 16;

/// Of the receive buffer for each request outstanding: an answer, as the kernel counts it.
constexpr std::size_t kReceiveOctets = 4'096;

/// libcoap ignores an ACK_TIMEOUT below 1 s, and takes its default then.
coap_fixed_point_t fixed_point(base::Duration duration) {
  const auto ms = static_cast<unsigned long>(std::max(duration, base::Duration{1'000}).count());
  return {static_cast<std::uint16_t>(ms / 1'000), static_cast<std::uint16_t>(ms % 1'000)};
}

std::string describe(coap_nack_reason_t reason) {
  switch (reason) {
    case COAP_NACK_TOO_MANY_RETRIES: return "no acknowledgement";
    case COAP_NACK_RST: return "reset by the server";
    case COAP_NACK_ICMP_ISSUE: return "nobody listens there";
    case COAP_NACK_TLS_FAILED: return "the DTLS session ended";
    default: return "not delivered";
  }
}

}  // namespace

/// libcoap's session points to it until it is dropped.
class LibraryClient::Link final : public ClientLink {
 public:
  Link(LibraryClient& client, bool dtls, LinkEvents events)
      : client_(client),
        dtls_(dtls),
        events_(std::make_shared<const LinkEvents>(std::move(events))) {}
  ~Link() override {
    events_.reset();
    if (session_ == nullptr) return;
    const InsideLibrary inside(&client_);
    coap_session_set_app_data(session_, nullptr);
    coap_session_disconnected(session_, COAP_NACK_NOT_DELIVERABLE);  // drops what it would repeat
    coap_session_release(session_);
  }
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  /// With `session` null the link has failed already.
  void adopt(coap_session_t* session) {
    session_ = session;
    coap_session_set_app_data(session_, this);
    coap_session_set_nstart(session_, static_cast<std::uint16_t>(client_.limits_.max_in_flight));
    coap_session_set_ack_timeout(session_, fixed_point(client_.limits_.ack_timeout));
    coap_session_set_max_retransmit(session_,
                                    static_cast<std::uint16_t>(client_.limits_.max_retransmit));
    if (!dtls_) hear([](const LinkEvents& events) { events.ready(); });
    client_.leave_later();
  }

  std::size_t room(const Destination& to) const override {
    const std::size_t most = coap_session_max_pdu_size(session_);
    const std::size_t options = option_octets(to);
    // 1024 octets are what fits everywhere (RFC 7252 4.6).
    return most > options + 16 ? std::min<std::size_t>(most - options, 1'024) : 16;
  }

  void send(const RequestPart& part, const Token& token) override {
    const InsideLibrary inside(&client_);
    if (coap_session_get_state(session_) != COAP_SESSION_STATE_ESTABLISHED)
      return lose("the session ended");
    coap_pdu_t* pdu = coap_pdu_init(
        COAP_MESSAGE_CON, static_cast<coap_pdu_code_t>(static_cast<unsigned>(part.method)),
        coap_new_message_id(session_), coap_session_max_pdu_size(session_));
    if (pdu == nullptr) return lose("out of memory");
    coap_add_token(pdu, token.size, reinterpret_cast<const std::uint8_t*>(token.octets.data()));
    for_each_option(part, [pdu](std::uint16_t number, std::string_view value) {
      add_option(*pdu, number, value);
    });
    add_payload(*pdu, part.payload);
    errno = 0;
    if (coap_send(session_, pdu) == COAP_INVALID_MID)
      lose(errno == 0 ? "not sent" : std::strerror(errno));
    client_.leave_later();
  }

  // What follows is called by libcoap, or while inside it.

  void answered(const coap_pdu_t& received) {
    AnswerPart answer;
    answer.code = static_cast<Code>(coap_pdu_get_code(&received));
    answer.payload = read_pdu(received, [&answer](std::uint16_t number, std::string_view value) {
      answer.options.take(number, value);
    });
    hear([token = token_of(received), answer = std::move(answer)](const LinkEvents& events) {
      events.answer(token, AnswerPart(answer));
    });
  }

  void not_acknowledged(const coap_pdu_t* sent, coap_nack_reason_t reason) {
    const bool one_request = reason == COAP_NACK_TOO_MANY_RETRIES || reason == COAP_NACK_RST;
    if (!one_request) return lose(describe(reason));
    if (sent == nullptr) return;
    hear([token = token_of(*sent), why = describe(reason)](const LinkEvents& events) {
      events.failed(token, why);
    });
  }

  void happened(coap_event_t event) {
    if (event == COAP_EVENT_DTLS_CONNECTED) {
      established_ = true;
      hear([](const LinkEvents& events) { events.ready(); });
    } else if (event == COAP_EVENT_DTLS_ERROR) {
      lose("DTLS: " + tls::problem_of(connection_of(session_), tls::take_error()).detail);
    } else if (event == COAP_EVENT_DTLS_CLOSED) {
      lose(established_ ? "the DTLS session was closed"
                        : "no end of the DTLS handshake: nobody listens there, or the PSK key is "
                          "wrong");
    }
  }

  void lose(std::string why) {
    if (std::exchange(lost_, true)) return;
    hear([error = base::Error{base::Errc::unavailable, std::move(why)}](const LinkEvents& events) {
      events.lost(error);
    });
  }

 private:
  template <class Call>
  void hear(Call&& call) {
    client_.heard_.push_back([weak = std::weak_ptr(events_), call = std::forward<Call>(call)] {
      // Held while it is called, since the link may be dropped by it.
      if (const auto events = weak.lock()) call(*events);
    });
    client_.leave_later();
  }

  LibraryClient& client_;
  bool dtls_;
  bool established_ = false;
  bool lost_ = false;
  std::shared_ptr<const LinkEvents> events_;
  coap_session_t* session_ = nullptr;
};

struct LibraryClient::Trampolines {
  static Link* link_of(const coap_session_t* session) noexcept {
    return static_cast<Link*>(coap_session_get_app_data(session));
  }
  static coap_response_t response(coap_session_t* session, const coap_pdu_t*,
                                  const coap_pdu_t* received, const coap_mid_t) noexcept {
    if (Link* link = link_of(session)) link->answered(*received);
    return COAP_RESPONSE_OK;  // also for an answer nobody waits for: it is to stop
  }
  static void nack(coap_session_t* session, const coap_pdu_t* sent, const coap_nack_reason_t reason,
                   const coap_mid_t) noexcept {
    if (Link* link = link_of(session)) link->not_acknowledged(sent, reason);
  }
  static int event(coap_session_t* session, const coap_event_t event) noexcept {
    if (Link* link = link_of(session)) link->happened(event);
    return 0;
  }
};

LibraryClient::LibraryClient(boost::asio::io_context& io, const Limits& limits,
                             LinkSecurity security)
    : io_(io), limits_(limits), security_(std::move(security)), watched_(io) {
  start_library();
  context_.reset(coap_new_context(nullptr));
  if (!context_) throw std::runtime_error("libcoap gives no context: out of memory or descriptors");
  coap_register_response_handler(context_.get(), &Trampolines::response);
  coap_register_nack_handler(context_.get(), &Trampolines::nack);
  coap_register_event_handler(context_.get(), &Trampolines::event);
  watched_.assign(coap_context_get_coap_fd(context_.get()));
}

LibraryClient::~LibraryClient() {
  const InsideLibrary inside(this);
  watched_.release();  // the descriptor is the library's to close
  context_.reset();
}

std::unique_ptr<ClientLink> LibraryClient::open(const SocketAddress& to, bool dtls,
                                                const base::Host& host, LinkEvents events) {
  if (!waiting_) wait();
  coap_address_t address;
  coap_address_init(&address);
  address.size = to.size;
  std::memcpy(&address.addr, &to.generic, to.size);
  const InsideLibrary inside(this);
  auto link = std::make_unique<Link>(*this, dtls, std::move(events));
  coap_session_t* session = open_session(address, dtls, host);
  if (session == nullptr) return nullptr;
  // All answers to a full window may come at once, and one lost costs its ACK_TIMEOUT.
  for (const int socket : find_udp_sockets(coap_context_get_coap_fd(context_.get())))
    set_buffers(socket, limits_.max_in_flight * kReceiveOctets);
  link->adopt(session);
  return link;
}

/// As with the server (LibraryEndpoint::secure()), certificates are not left to libcoap. The
/// ClientHello is out by the time the session is here, and nothing of them is in it but the name.
coap_session_t* LibraryClient::open_session(const coap_address_t& to, bool dtls,
                                            const base::Host& host) {
  if (!dtls) return coap_new_client_session(context_.get(), nullptr, &to, COAP_PROTO_UDP);
  if (security_.psk) {
    const tls::PskSecret& secret = *security_.psk;
    coap_dtls_cpsk_t psk{};
    psk.version = COAP_DTLS_CPSK_SETUP_VERSION;
    psk.psk_info.identity = {secret.identity.size(),
                             reinterpret_cast<const std::uint8_t*>(secret.identity.data())};
    psk.psk_info.key = {secret.key.size(),
                        reinterpret_cast<const std::uint8_t*>(secret.key.data())};
    return coap_new_client_session_psk2(context_.get(), nullptr, &to, COAP_PROTO_DTLS, &psk);
  }
  std::string name = host.text();
  coap_dtls_pki_t pki{};
  pki.version = COAP_DTLS_PKI_SETUP_VERSION;
  pki.verify_peer_cert = 1;
  pki.client_sni = host.is_numeric() ? nullptr : name.data();
  coap_session_t* session =
      coap_new_client_session_pki(context_.get(), nullptr, &to, COAP_PROTO_DTLS, &pki);
  if (session == nullptr) return nullptr;
  tls::configure(security_.tls, connection_of(session));
  tls::expect_host(connection_of(session), host.text());
  return session;
}

void LibraryClient::wait() {
  waiting_ = true;
  watched_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                      [weak = weak_from_this()](const boost::system::error_code& error) {
                        const auto self = weak.lock();
                        if (error || !self) return;
                        self->read();
                        self->wait();
                      });
}

/// libcoap reads one datagram for each event it is given.
void LibraryClient::read() {
  {
    const InsideLibrary inside(this);
    const int fd = coap_context_get_coap_fd(context_.get());
    for (int round = 0; round < kRounds; ++round) {
      const int ready = ::epoll_wait(fd, batch_.data(), static_cast<int>(batch_.size()), 0);
      if (ready <= 0) break;
      coap_io_do_epoll(context_.get(), batch_.data(), static_cast<std::size_t>(ready));
    }
  }
  tell();
}

/// After libcoap was called from outside read(): lets it set its timers, and tells what it said.
void LibraryClient::leave_later() {
  if (std::exchange(telling_later_, true)) return;
  boost::asio::post(io_, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->telling_later_ = false;
    {
      const InsideLibrary inside(self.get());
      coap_tick_t now = 0;
      coap_ticks(&now);
      coap_io_prepare_epoll(self->context_.get(), now);
    }
    self->tell();
  });
}

void LibraryClient::tell() {
  for (auto count = heard_.size(); count > 0; --count) {
    const auto call = std::move(heard_.front());
    heard_.pop_front();
    call();
  }
}

void LibraryClient::logged(int level, std::string_view message) {
  // A reset is told as what it is, and what concerns a handshake by the link's reason.
  const bool told = level == LOG_WARNING || message.find("got RST") != std::string_view::npos ||
                    message.find("setup_pki") != std::string_view::npos;
  if (told || !log_limit_.pass(clock_.now())) return;
  while (!message.empty() && message.back() == '\n') message.remove_suffix(1);
  base::log::warn("coap_library",
                  {{"message", message}, {"suppressed", log_limit_.take_suppressed()}});
}

}  // namespace msggw::coap
