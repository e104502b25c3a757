// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/epoll.h>

#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>
#include <unordered_map>

#include "adapters/wire/coap/endpoint.h"
#include "adapters/wire/coap/library.h"

namespace msggw::coap {

/// CoAP over UDP and DTLS by libcoap.
class LibraryEndpoint final : public Endpoint, private LibraryUser {
 public:
  LibraryEndpoint(boost::asio::io_context& io, const ServerOptions& options,
                  const base::Clock& clock, EndpointEvents events);
  ~LibraryEndpoint() override;
  LibraryEndpoint(const LibraryEndpoint&) = delete;
  LibraryEndpoint& operator=(const LibraryEndpoint&) = delete;

  std::uint16_t port() const noexcept override { return port_; }
  void send(const MessageId& to, const SessionRef& session, MessageType type,
            const Response& response) override;
  base::Result<> reload() override;

 private:
  struct Trampolines;
  /// A DTLS session that has ended its handshake.
  struct SecureSession {
    std::uint64_t number;
    Identity identity;
    base::TimePoint heard;  ///< its latest request
  };

  /// A peer has named its PSK identity and owes the proof that it has the key.
  struct KeyCheck {
    std::string identity;
    base::TimePoint since;
  };

  void secure();
  void add_resources();
  void adopt_socket();
  void wait();
  void read();
  void flush();
  void forget_restarted_peer();
  void disconnect(coap_session_t* session);
  void watch_key_check(coap_session_t* session, std::string_view identity);
  void end_key_checks();
  void wait_for_key_checks();

  void received(coap_session_t* session, const coap_pdu_t& request, coap_pdu_t& response);
  void logged(int level, std::string_view message) override;
  void happened(coap_session_t* session, coap_event_t event);
  void connected(coap_session_t* session);
  void handshake_failed(coap_session_t* session, tls::Problem problem);
  const coap_bin_const_t* find_key(std::string_view identity, coap_session_t* session);

  /// The datagrams read in one handler of the loop; also the most that libcoap's scan of all its
  /// sessions is shared by.
  static constexpr std::size_t kBatch = 64;

  boost::asio::io_context& io_;
  ServerOptions options_;
  EndpointEvents events_;
  const base::Clock& clock_;
  base::log::Limit log_limit_;
  HandshakeLog handshake_log_;
  tls::Source tls_;
  std::string key_;  // what find_key() last found
  coap_bin_const_t key_view_{};
  std::string unknown_identity_;            // of the handshake that is under way in this call
  const coap_session_t* failed_ = nullptr;  // whose failure was told just now
  std::unordered_map<const coap_session_t*, SecureSession> secure_;
  std::uint64_t last_secure_ = 0;
  std::unordered_map<coap_session_t*, KeyCheck> key_checks_;
  boost::asio::steady_timer key_check_timer_;
  std::unique_ptr<coap_context_t, FreeContext> context_;
  boost::asio::posix::stream_descriptor watched_;
  std::array<epoll_event, kBatch> batch_{};
  int socket_ = -1;  // the library's
  std::uint16_t port_ = 0;
  bool flush_posted_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for handlers that were posted
};

}  // namespace msggw::coap
