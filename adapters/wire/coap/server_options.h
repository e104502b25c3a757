// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/wire/coap/message.h"
#include "adapters/wire/tls/psk.h"
#include "gateway/base/clock.h"

namespace msggw::coap {

using tls::FoundPsk;

/// How a server of dtls or tls proves who it is, and whom it lets in. At least a certificate or
/// `psk_key` is needed; with both a client takes which it can.
struct ServerSecurity {
  std::filesystem::path certificate;  ///< PEM, chain, the server's own first; empty: none
  std::filesystem::path key;          ///< PEM
  /// PEM; a client without PSK must show a certificate signed by one of these. Empty: it need not.
  std::filesystem::path client_ca;
  std::filesystem::path crl{};  ///< what `client_ca` has revoked; empty: nothing
  /// The key (octets, not empty) of a PSK identity; none: unknown, the handshake is refused. Asked
  /// once for each handshake, in the loop's thread. Empty function: no PSK.
  tls::FindPsk psk_key;
  /// Whether an unknown PSK identity is to look as one with a wrong key to its client: the
  /// handshake goes on with a key that nobody has. It is told and counted as what it is.
  bool hides_unknown_psk = false;
  /// Whom somebody is now by what he has proved, as a number; none: nobody. A session whose peer is
  /// no longer whom he was ends within Rounds::kWithin. Asked for each session every few seconds.
  /// Empty function: they are asked of nobody.
  std::function<std::optional<std::uint64_t>(const Identity&)> whom{};
};

/// A line of /.well-known/core (RFC 6690).
struct ListedResource {
  std::string path;     ///< without the leading '/'
  std::string type;     ///< rt, empty: none
  std::string formats;  ///< ct, "50 60"; empty: none
};

/// One listener and the limits of its requests.
struct ServerOptions {
  /// Of several servers with one handler, which (server_of()); below kMostServers.
  std::uint8_t number = 0;
  Transport transport = Transport::udp;
  boost::asio::ip::address address = boost::asio::ip::address_v4::loopback();
  std::uint16_t port = 0;  ///< 0: any free one, see Server::port()
  bool listens = true;     ///< false: it is there, and has no address and port; see Server::take()
  /// Of the configuration, for messages that say what to change: "coap.secure" names coap.address
  /// and coap.secure.port.
  std::string section = "coap";
  std::string port_option = "port";  ///< within the section
  /// What the metrics' names begin with; servers with the same share their counters.
  std::string metrics = "msggw_coap";
  ServerSecurity security;  ///< dtls and tls
  std::vector<ListedResource> resources;

  /// dtls: sessions, of about 46 kB each; above, the one that has been silent longest is closed.
  std::size_t max_idle_sessions = 10'000;
  /// dtls and tls: of one identity; above, the one of these that has been silent longest is closed.
  /// 0: no limit. Of clients without identity one source has half of the sessions at most.
  std::size_t max_sessions_per_identity = 0;
  /// tcp and tls: connections; above, new ones are closed at once.
  std::size_t max_connections = 1'024;
  /// ... of one source (base/sources.h), so that it keeps nobody else out.
  std::size_t max_connections_per_source = 512;
  /// dtls: handshakes under way, of peers that have shown that they are where they say (RFC 6347
  /// 4.2.1); above, the one that began first ends. Of one source, ClientHellos above are ignored.
  std::size_t max_handshakes = 2'000;
  std::size_t max_handshakes_per_source = 1'000;
  /// All but udp: a silent session or connection is closed.
  base::Duration session_timeout{300'000};
  /// dtls: from the ClientHello with its cookie, tls: from the first octet, to the handshake's end.
  base::Duration handshake_timeout{10'000};
  /// Requests that wait for their answer. Above: 5.03.
  std::size_t max_open_exchanges = 100'000;
  /// Answers repeated to a retransmission (RFC 7252 4.5).
  std::size_t max_remembered_answers = 8'192;
  /// Of a request body. Above: 4.13 with Size1.
  std::size_t max_body_octets = 4'096;
  /// Bodies that arrive block by block (RFC 7959), half of them from one source at most; the one of
  /// the source that waited longest gives way.
  std::size_t max_partial_bodies = 1'000;
  /// udp and dtls: separate responses not yet acknowledged. Above, one is sent once, as NON.
  std::size_t max_separate_responses = 10'000;
  /// udp and dtls: ACK_TIMEOUT and MAX_RETRANSMIT (RFC 7252 4.8) of what the server sends
  /// confirmable.
  base::Duration ack_timeout{2'000};
  unsigned max_retransmit = 4;
  /// udp: what a source whose address nobody has shown to be its own may get a second beyond
  /// Proportion::kMostTimes of its requests. 0: no limit.
  std::uint32_t amplified_octets_per_source = 16'384;
  /// SO_RCVBUF of udp and dtls; the system's default drops bursts of 250 datagrams.
  std::size_t receive_buffer_octets = 4 << 20;
  /// tcp and tls: answers that a peer does not take; above, its connection is closed.
  std::size_t max_unsent_octets = 1 << 20;
  /// Later than this the answer is a separate response (RFC 7252 5.2.2).
  base::Duration piggyback_within{1'000};

  /// Takes over what may change while there is a server: where it listens, the names of files, and
  /// all numbers above but for how many answers are remembered, and the buffer.
  void take_changes(const ServerOptions& from);
};

}  // namespace msggw::coap
