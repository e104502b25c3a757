// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include "adapters/wire/http/server.h"
#include "gateway/base/clock.h"
#include "provisioning/function/policy_options.h"
#include "provisioning/protocol/messages.h"
#include "provisioning/tester/options.h"

namespace msggw::function {

/// The [pf.coap] section: the same over CoAP. Each port is opened for UDP and for TCP (RFC 8323).
struct CoapOptions {
  bool enabled = true;
  /// Cleartext; 0: any free ones. Opened on a loopback address only, unless allow_cleartext.
  std::uint16_t coap_port = 7483;
  /// DTLS and TLS, if `tls` names a certificate or a gateway has a PSK; 0: any free ones.
  std::uint16_t coaps_port = 7484;
  /// Sessions of DTLS, about 46 kB each; above, the one silent longest gives way.
  std::size_t max_idle_sessions = 10'000;
  base::Duration session_timeout{300'000};  ///< of a silent session of DTLS, TCP or TLS
  /// Answers repeated to a retransmission (RFC 7252 4.5), of each listener.
  std::size_t max_remembered_answers = 8'192;
  /// Bodies that arrive block by block, of each listener; the one that waited longest gives way.
  std::size_t max_partial_bodies = 1'000;
  /// Later than this the answer is a separate response (RFC 7252 5.2.2).
  base::Duration piggyback_within{1'000};
  std::size_t receive_buffer_octets = 4 << 20;  ///< SO_RCVBUF of UDP and DTLS
};

/// The [pf] section of the configuration: the Provisioning Function, alone or embedded.
struct Options {
  std::filesystem::path folder = "/var/lib/msggw/pf";
  /// Keep nothing on disk (tests): every restart forgets all Service IDs.
  bool volatile_store = false;
  boost::asio::ip::address address = boost::asio::ip::address_v4::loopback();
  /// HTTP/1.1 and HTTP/2 in cleartext; 0: any free one. Opened on a loopback address only, unless
  /// allow_cleartext.
  std::uint16_t port = 7480;
  bool allow_cleartext = false;  ///< open the cleartext port on other addresses too
  /// The same with TLS, if `tls` names a certificate; 0: any free one.
  std::uint16_t tls_port = 7443;
  /// The operator's listener of `msggw pf` on 127.0.0.1: /metrics, /healthz, /readyz; 0: none.
  std::uint16_t admin_port = 7481;
  http::ServerTls tls;  ///< an empty certificate: no TLS listener
  /// These are of each listener of HTTP, see http::ServerOptions; max_connections of CoAP's over
  /// TCP and TLS too.
  std::size_t max_connections = 1'024;
  std::size_t max_connections_per_source = 512;
  std::size_t max_buffered_octets = 32 << 20;
  std::size_t max_unread_octets_per_connection = 16 << 20;
  std::size_t max_unread_octets = 32 << 20;
  std::size_t max_useless_frames = 2'000;
  CoapOptions coap;
  /// The MSGin5G Service ID of the Provisioning Function itself, in MSGin5G messages (`/msgin5g`).
  std::string service_id = "msgin5g-prov@msgin5g.example";
  /// TOML file with the gateways that may ask (docs/gateways.md), read by whoever makes the
  /// Function; empty: nobody is told apart.
  std::filesystem::path gateways_file;
  /// Whoever is not one of them is served too, unrestricted, instead of a 401.
  bool allow_unknown_gateways = false;
  /// Makes sure that there is no other way: there must be a file, and no allow_unknown_gateways.
  bool require_known_gateway = false;
  /// Private IDs that may have a Service ID; above: 403 QUOTA_EXCEEDED for new ones. About 120
  /// octets of RAM each.
  std::size_t max_assignments = 20'000'000;
  /// Requests that wait for a commit; above: 503 NF_CONGESTION.
  std::size_t max_unanswered = 100'000;
  protocol::WireLimits wire;
  /// TOML file with the rules of the policy (docs/policy.md), read by whoever makes the Function;
  /// empty: every endpoint gets what `policy` says.
  std::filesystem::path policy_file;
  DefaultGrant policy;
  tester::Options test;  ///< a tester's controls
};

}  // namespace msggw::function
