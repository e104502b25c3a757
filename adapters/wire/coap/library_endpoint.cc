// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/library_endpoint.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string_view>

#include "adapters/wire/coap/socket.h"
#include "adapters/wire/tls/errors.h"
#include "gateway/base/text.h"

namespace msggw::coap {

namespace {

/// libcoap tells PSK handshakes from others only if there is some key; find_key() gives the real.
constexpr std::uint8_t kSomeKey[] = {0};

coap_pdu_type_t to_wire(MessageType type) {
  switch (type) {
    case MessageType::confirmable: return COAP_MESSAGE_CON;
    case MessageType::non_confirmable: return COAP_MESSAGE_NON;
    case MessageType::acknowledgement: return COAP_MESSAGE_ACK;
    case MessageType::reset: return COAP_MESSAGE_RST;
  }
  return COAP_MESSAGE_NON;
}

coap_str_const_t text(std::string_view value) {
  return {value.size(), reinterpret_cast<const std::uint8_t*>(value.data())};
}

void add_attribute(coap_resource_t* resource, std::string_view name, const std::string& value) {
  if (value.empty()) return;
  const std::string quoted = '"' + value + '"';
  coap_str_const_t name_text = text(name);
  coap_str_const_t value_text = text(quoted);
  coap_add_attr(resource, &name_text, &value_text, 0);
}

}  // namespace

SessionRef::SessionRef(coap_session_t* session) noexcept
    : session_(session == nullptr ? nullptr : coap_session_reference(session)) {}

SessionRef::~SessionRef() {
  if (session_ != nullptr) coap_session_release(session_);
}

struct LibraryEndpoint::Trampolines {
  static void request(coap_resource_t* resource, coap_session_t* session, const coap_pdu_t* request,
                      const coap_string_t*, coap_pdu_t* response) noexcept {
    auto& self = *static_cast<LibraryEndpoint*>(coap_resource_get_userdata(resource));
    self.received(session, *request, *response);
  }

  static int event(coap_session_t* session, coap_event_t event) noexcept {
    auto* self =
        static_cast<LibraryEndpoint*>(coap_get_app_data(coap_session_get_context(session)));
    self->happened(session, event);
    return 0;
  }

  static const coap_bin_const_t* find_key(coap_bin_const_t* identity, coap_session_t* session,
                                          void* self) noexcept {
    return static_cast<LibraryEndpoint*>(self)->find_key(
        {reinterpret_cast<const char*>(identity->s), identity->length}, session);
  }

  static int set_up(void* connection, coap_dtls_pki_t* setup) noexcept {
    const auto* self = static_cast<LibraryEndpoint*>(setup->cn_call_back_arg);
    tls::configure(self->tls_.current(), static_cast<ssl_st*>(connection));
    return 1;
  }
};

LibraryEndpoint::LibraryEndpoint(boost::asio::io_context& io, const ServerOptions& options,
                                 const base::Clock& clock, EndpointEvents events)
    : io_(io),
      options_(options),
      events_(std::move(events)),
      clock_(clock),
      handshake_log_(options.section + "." + options.port_option, clock),
      tls_(tls_of(options)),
      key_check_timer_(io),
      watched_(io) {
  require_free_port(options_);
  start_library();
  context_.reset(coap_new_context(nullptr));
  if (!context_) throw std::runtime_error("libcoap gives no context: out of memory or descriptors");
  coap_set_app_data(context_.get(), this);
  coap_context_set_max_idle_sessions(context_.get(),
                                     static_cast<unsigned>(options.max_idle_sessions));
  coap_context_set_max_handshake_sessions(context_.get(),
                                          static_cast<unsigned>(options.max_handshakes));
  const auto timeout = std::chrono::ceil<std::chrono::seconds>(options.session_timeout);
  coap_context_set_session_timeout(context_.get(), static_cast<unsigned>(timeout.count()));
  coap_register_event_handler(context_.get(), &Trampolines::event);
  add_resources();
  if (is_secure(options.transport)) secure();

  const SocketAddress at = socket_address(options_.address, options_.port);
  coap_address_t listen;
  coap_address_init(&listen);
  listen.size = at.size;
  std::memcpy(&listen.addr, &at.generic, at.size);
  const auto protocol = options.transport == Transport::dtls ? COAP_PROTO_DTLS : COAP_PROTO_UDP;
  errno = 0;
  if (coap_new_endpoint(context_.get(), &listen, protocol) == nullptr) cannot_bind(options_, errno);
  adopt_socket();
  wait();
}

LibraryEndpoint::~LibraryEndpoint() {
  alive_.reset();
  const InsideLibrary inside(this);
  if (watched_.is_open()) watched_.release();  // the descriptor is the library's to close
  context_.reset();
}

/// What libcoap does with certificates is not used: it reads the files at each handshake, adds CAs
/// to those it has read before and shows no chain. tls::configure() does it instead, called where
/// it is not yet decided whether a session is resumed: so it is there for PSK alone too.
void LibraryEndpoint::secure() {
  if (const auto loaded = reload(); !loaded) throw std::runtime_error(loaded.error().detail);
  coap_dtls_pki_t pki{};
  pki.version = COAP_DTLS_PKI_SETUP_VERSION;
  pki.verify_peer_cert = 1;
  pki.additional_tls_setup_call_back = &Trampolines::set_up;
  pki.cn_call_back_arg = this;
  coap_context_set_pki(context_.get(), &pki);
  if (options_.security.psk_key) {
    coap_dtls_spsk_t psk{};
    psk.version = COAP_DTLS_SPSK_SETUP_VERSION;
    psk.validate_id_call_back = &Trampolines::find_key;
    psk.id_call_back_arg = this;
    psk.psk_info.key = {sizeof kSomeKey, kSomeKey};
    coap_context_set_psk2(context_.get(), &psk);
  }
}

/// Only what is listed is a resource of the library, and only for its list. The unknown-resource
/// handler takes every other path; it must take every method too, because the library answers a
/// DELETE that nobody takes with 2.02.
void LibraryEndpoint::add_resources() {
  static constexpr std::array kMethodCodes{
      COAP_REQUEST_GET,   COAP_REQUEST_POST,  COAP_REQUEST_PUT,   COAP_REQUEST_DELETE,
      COAP_REQUEST_FETCH, COAP_REQUEST_PATCH, COAP_REQUEST_IPATCH};
  const auto add = [this](coap_resource_t* resource) {
    if (resource == nullptr) throw std::runtime_error("libcoap gives no resource: out of memory");
    coap_resource_set_userdata(resource, this);
    for (const auto method : kMethodCodes)
      coap_register_request_handler(resource, method, &Trampolines::request);
    coap_add_resource(context_.get(), resource);
  };
  for (const ListedResource& listed : options_.resources) {
    coap_str_const_t path = text(listed.path);
    coap_resource_t* resource = coap_resource_init(&path, 0);
    add(resource);
    add_attribute(resource, "rt", listed.type);
    add_attribute(resource, "ct", listed.formats);
  }
  add(coap_resource_unknown_init(&Trampolines::request));
}

void LibraryEndpoint::adopt_socket() {
  const int library_fd = coap_context_get_coap_fd(context_.get());
  const auto sockets = find_udp_sockets(library_fd);
  if (sockets.empty())
    throw std::runtime_error("cannot find libcoap's socket in /proc/self/fdinfo: mount /proc");
  socket_ = sockets.front();
  make_exclusive(socket_);
  port_ = local_port(socket_);
  const std::size_t granted = set_buffers(socket_, options_.receive_buffer_octets);
  if (granted < options_.receive_buffer_octets) {
    base::log::warn("coap_receive_buffer_small",
                    {{"wanted", options_.receive_buffer_octets},
                     {"granted", granted},
                     {"remedy", "raise net.core.rmem_max, or bursts of datagrams are lost"}});
  }
  watched_.assign(library_fd);
}

void LibraryEndpoint::wait() {
  watched_.async_wait(
      boost::asio::posix::stream_descriptor::wait_read,
      [this, alive = std::weak_ptr(alive_)](const boost::system::error_code& error) {
        if (error || alive.expired()) return;
        read();
        if (!alive.expired()) wait();
      });
}

/// libcoap reads one datagram for each event it is given, and looks through all its sessions once
/// for each call. So the socket's event is given as often as datagrams may be waiting; logged()
/// ends the batch at the first read that finds nothing.
void LibraryEndpoint::read() {
  const InsideLibrary inside(this);
  const int fd = coap_context_get_coap_fd(context_.get());
  const int ready = ::epoll_wait(fd, batch_.data(), static_cast<int>(batch_.size()), 0);
  if (ready <= 0) return;
  const auto events = batch_.begin() + ready;
  const auto of_socket = std::find_if(batch_.begin(), events,
                                      [](const epoll_event& e) { return e.data.ptr != nullptr; });
  auto end = events;
  if (of_socket != events) {
    if (!secure_.empty()) forget_restarted_peer();
    std::fill(events, batch_.end(), epoll_event(*of_socket));
    end = batch_.end();
  }
  coap_io_do_epoll(context_.get(), batch_.data(), static_cast<std::size_t>(end - batch_.begin()));
}

void LibraryEndpoint::received(coap_session_t* session, const coap_pdu_t& request,
                               coap_pdu_t& response) {
  const auto type = coap_pdu_get_type(&request);
  if (type != COAP_MESSAGE_CON && type != COAP_MESSAGE_NON) {
    // A request code in an ACK or RST: libcoap calls the handler all the same.
    events_.malformed();
    coap_pdu_set_type(&response, COAP_MESSAGE_NON);
    return;
  }
  RequestReader reader;
  Request& read = reader.request;
  read.payload = read_pdu(
      request, [&](std::uint16_t number, std::string_view value) { reader.take(number, value); });
  reader.finish();
  read.content = content_of(request);
  read.method = static_cast<Method>(coap_pdu_get_code(&request));
  read.confirmable = type == COAP_MESSAGE_CON;
  read.mid = static_cast<std::uint16_t>(coap_pdu_get_mid(&request));
  read.token = token_of(request);
  read.peer = peer_of(coap_session_get_addr_remote(session)->addr.sa);
  read.session = session;
  if (const auto known = secure_.find(session); known != secure_.end()) {
    known->second.heard = clock_.now();
    read.peer.session = known->second.number;
    read.identity = &known->second.identity;
  }

  Response answer;
  switch (events_.request(read, answer)) {
    case Handling::answer: return write(answer, response);
    case Handling::acknowledge: return;  // the library makes an empty ACK of an empty response
    case Handling::reset:
      coap_send_rst(session, &request);
      coap_pdu_set_type(&response, COAP_MESSAGE_NON);
      return;
    case Handling::keep_silent:  // ... and drops an empty response that is NON
      coap_pdu_set_type(&response, COAP_MESSAGE_NON);
      return;
  }
}

void LibraryEndpoint::send(const MessageId& to, const SessionRef& session, MessageType type,
                           const Response& response) {
  coap_session_t* const peer = session.get();
  // Over DTLS the library would begin a handshake of its own with a peer that is gone.
  if (peer == nullptr || coap_session_get_state(peer) != COAP_SESSION_STATE_ESTABLISHED) return;
  const InsideLibrary inside(this);
  const bool as_asked = type == MessageType::acknowledgement || type == MessageType::reset;
  const auto mid = as_asked ? to.mid : coap_new_message_id(peer);
  coap_pdu_t* pdu =
      coap_pdu_init(to_wire(type), COAP_EMPTY_CODE, mid, coap_session_max_pdu_size(peer));
  if (pdu == nullptr) return;  // no memory: as good as a lost datagram
  if (response.code != Code::empty) {
    coap_add_token(pdu, to.token.size,
                   reinterpret_cast<const std::uint8_t*>(to.token.octets.data()));
    write(response, *pdu);
  }
  coap_send(peer, pdu);
  if (type == MessageType::confirmable && !std::exchange(flush_posted_, true)) {
    boost::asio::post(io_, [this, alive = std::weak_ptr(alive_)] {
      if (!alive.expired()) flush();
    });
  }
}

/// Lets libcoap set its timers for what was sent from outside its own calls.
void LibraryEndpoint::flush() {
  flush_posted_ = false;
  const InsideLibrary inside(this);
  coap_tick_t now = 0;
  coap_ticks(&now);
  coap_io_prepare_epoll(context_.get(), now);
}

void LibraryEndpoint::happened(coap_session_t* session, coap_event_t event) {
  switch (event) {
    case COAP_EVENT_SERVER_SESSION_NEW: return events_.sessions(+1);
    case COAP_EVENT_SERVER_SESSION_DEL:
      secure_.erase(session);
      key_checks_.erase(session);
      return events_.sessions(-1);
    case COAP_EVENT_DTLS_CONNECTED: return connected(session);
    case COAP_EVENT_DTLS_ERROR:
      if (!secure_.contains(session))
        handshake_failed(session, tls::problem_of(connection_of(session), tls::take_error()));
      return;
    case COAP_EVENT_DTLS_CLOSED:  // also after an error, which then has been told
      key_checks_.erase(session);
      if (secure_.erase(session) == 0 && std::exchange(failed_, nullptr) != session && alive_)
        handshake_failed(session,
                         {tls::Failure::timeout, "no end of the handshake: the peer is lost"});
      return;
    default: return;
  }
}

void LibraryEndpoint::logged(int level, std::string_view message) {
  if (level == LOG_WARNING) {
    if (message.find("read failed") != std::string_view::npos) {
      for (epoll_event& event : batch_)
        event.events = 0;  // what is left of the batch reads nothing
    } else if (message.find("discard malformed") != std::string_view::npos) {
      events_.malformed();
    }
    return;
  }
  // A reset is an ordinary answer of a peer that has forgotten its request, whatever the library's
  // level for it; and that the library was given no certificate is as it should be.
  if (message.find("got RST") != std::string_view::npos ||
      message.find("setup_pki") != std::string_view::npos || !log_limit_.pass(clock_.now()))
    return;
  while (!message.empty() && message.back() == '\n') message.remove_suffix(1);
  base::log::warn("coap_library",
                  {{"message", message}, {"suppressed", log_limit_.take_suppressed()}});
}

}  // namespace msggw::coap
