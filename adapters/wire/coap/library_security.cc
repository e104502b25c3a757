// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include "adapters/wire/coap/library_endpoint.h"
#include "adapters/wire/coap/socket.h"
#include "gateway/base/text.h"

/// What LibraryEndpoint does about DTLS; libcoap and OpenSSL do the rest.
namespace msggw::coap {

namespace {

/// Whether a datagram begins a DTLS handshake (RFC 6347 4.1, 4.2.2: record type 22, epoch 0,
/// message 1).
bool is_client_hello(std::string_view record) {
  return record.size() >= 14 && record[0] == 22 && record[3] == 0 && record[4] == 0 &&
         record[13] == 1;
}

}  // namespace

base::Result<> LibraryEndpoint::reload() {
  if (!is_secure(options_.transport)) return {};
  return tls_.reload();
}

const coap_bin_const_t* LibraryEndpoint::find_key(std::string_view identity,
                                                  coap_session_t* session) {
  auto key = options_.security.psk_key(identity);
  if (!key || key->empty()) {
    unknown_identity_ = "unknown PSK identity " + base::printable(identity);
    return nullptr;
  }
  watch_key_check(session, identity);
  key_ = std::move(*key);
  key_view_ = {key_.size(), reinterpret_cast<const std::uint8_t*>(key_.data())};
  return &key_view_;
}

void LibraryEndpoint::connected(coap_session_t* session) {
  key_checks_.erase(session);
  const coap_bin_const_t* named = coap_session_get_psk_identity(session);
  std::string_view psk;
  if (named != nullptr && named->s != nullptr)
    psk = {reinterpret_cast<const char*>(named->s), named->length};
  secure_[session] = {++last_secure_, identity_of(connection_of(session), psk), clock_.now()};
}

void LibraryEndpoint::handshake_failed(coap_session_t* session, tls::Problem problem) {
  failed_ = session;
  if (!unknown_identity_.empty())
    problem = {tls::Failure::unknown_psk_identity, std::exchange(unknown_identity_, {})};
  events_.handshake_failed(problem.failure);
  handshake_log_.write(to_text(peer_of(coap_session_get_addr_remote(session)->addr.sa)), problem);
}

/// Looks at the first datagram that waits. A ClientHello behind others is missed; it comes again,
/// alone.
void LibraryEndpoint::forget_restarted_peer() {
  std::array<char, 16> record;
  SocketAddress from;
  const ssize_t size = ::recvfrom(socket_, record.data(), record.size(), MSG_PEEK | MSG_DONTWAIT,
                                  &from.generic, &from.size);
  if (size <= 0 || !is_client_hello({record.data(), static_cast<std::size_t>(size)})) return;
  const Peer peer = peer_of(from.generic);
  const auto same = std::find_if(secure_.begin(), secure_.end(), [&](const auto& known) {
    return peer_of(coap_session_get_addr_remote(known.first)->addr.sa) == peer;
  });
  if (same == secure_.end() || same->second.heard + options_.restart_silence > clock_.now()) return;
  disconnect(const_cast<coap_session_t*>(same->first));
}

void LibraryEndpoint::disconnect(coap_session_t* session) {
  coap_session_disconnected(session, COAP_NACK_TLS_FAILED);
  coap_tick_t now = 0;
  coap_ticks(&now);
  coap_io_prepare_epoll(context_.get(), now);  // deletes it
}

/// What a peer with a wrong key sends is to be dropped like noise (RFC 6347 4.1.2.7), and nothing
/// is left to send again: without a limit of ours the handshake would last as long as a session.
void LibraryEndpoint::watch_key_check(coap_session_t* session, std::string_view identity) {
  if (coap_session_get_state(session) != COAP_SESSION_STATE_HANDSHAKE) return;
  key_checks_.try_emplace(session, KeyCheck{std::string(identity), clock_.now()});
  if (key_checks_.size() == 1) wait_for_key_checks();
}

void LibraryEndpoint::end_key_checks() {
  const auto late = clock_.now() - options_.handshake_timeout;
  std::vector<coap_session_t*> ended;
  for (const auto& [session, check] : key_checks_) {
    if (check.since <= late) ended.push_back(session);
  }
  const InsideLibrary inside(this);
  for (coap_session_t* session : ended) {
    const auto check = key_checks_.find(session);
    if (check == key_checks_.end()) continue;
    handshake_failed(session,
                     {tls::Failure::wrong_psk_key, "no proof of the key of PSK identity " +
                                                       base::printable(check->second.identity) +
                                                       ": it has another, or is lost"});
    disconnect(session);
  }
  if (!key_checks_.empty()) wait_for_key_checks();
}

void LibraryEndpoint::wait_for_key_checks() {
  key_check_timer_.expires_after(options_.handshake_timeout / 4);
  key_check_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) end_key_checks();
  });
}

}  // namespace msggw::coap
