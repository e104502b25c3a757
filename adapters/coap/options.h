// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "adapters/coap/name_pattern.h"
#include "gateway/base/clock.h"
#include "gateway/base/network.h"
#include "gateway/core/private_id_kinds.h"
#include "gateway/core/speaker.h"

namespace msggw::coap_adapter {

/// The [coap.secure] section of the configuration, likewise.
struct SecureOptions {
  bool udp = false;  ///< DTLS
  bool tcp = false;  ///< TLS
  /// 0: any free one (tests).
  std::uint16_t port = 5684;
  std::filesystem::path certificate;
  std::filesystem::path key;
  std::filesystem::path client_ca;
  std::filesystem::path crl;
  /// Names of certificates that are Private IDs of devices which have no certificate among their
  /// credentials; none: only credentials say whose a certificate is.
  std::vector<NamePattern> certificate_names;
  /// Whom it serves.
  core::Admission admission = core::Admission::proven;
  /// What those may be called that do not prove who they are.
  std::vector<core::PrivateIdKind> private_id_kinds = core::all_but_numbers();
  /// Of DTLS, and as many of TLS. Above: of DTLS the one silent longest ends.
  std::size_t max_sessions = 10'000;
  /// Of one identity, over DTLS and over TLS. Above: its own that is silent longest ends.
  std::size_t max_sessions_per_identity = 100;
  /// A session, or a connection, silent for so long ends.
  base::Duration session_timeout{3'600'000};
  /// Under way at a time, half of them from one source; above, the one that began first ends.
  std::size_t max_handshakes = 2'000;
};

/// The [coap] section of the configuration; etc/msggw.toml explains each under the same name.
struct Options {
  bool enabled = true;
  bool udp = true;                   ///< in the clear
  bool tcp = false;                  ///< in the clear
  boost::asio::ip::address address;  ///< 0.0.0.0
  /// 0: any free one (tests).
  std::uint16_t port = 5683;
  /// Over TCP in the clear. Above: new ones are closed.
  std::size_t max_connections = 1'024;
  /// Requests that wait for their answer. Above: 5.03.
  std::size_t max_open_exchanges = 100'000;
  /// Answers repeated to a retransmission (RFC 7252 4.5).
  std::size_t max_remembered_answers = 8'192;
  /// Of a request body. Above: 4.13 with Size1.
  std::size_t max_body_octets = 4'096;
  /// Of the body of a message. Above: 4.13 with Size1.
  std::size_t max_message_octets = 98'304;
  /// Bodies that arrive block by block (RFC 7959), half of them from one source at most; the one of
  /// the source that waited longest gives way.
  std::size_t max_partial_bodies = 1'000;
  /// Separate responses not yet acknowledged. Above, one is sent once, as NON.
  std::size_t max_separate_responses = 10'000;
  /// Devices that observe their inbox, half of them from one source at most. Above: an observation
  /// is answered as an ordinary GET.
  std::size_t max_observations = 100'000;
  /// Messages that devices have been given and have not proven, half of them at one source at most.
  /// Above: messages wait.
  std::size_t max_notifications = 100'000;
  /// The same in octets. Above: messages wait.
  std::size_t max_unproven_octets = 64U << 20;
  /// ACK_TIMEOUT and MAX_RETRANSMIT (RFC 7252 4.8) of what the gateway sends confirmable.
  base::Duration ack_timeout{2'000};
  unsigned max_retransmit = 4;
  /// Whom the listener serves.
  core::Admission admission = core::Admission::open;
  /// What those may be called.
  std::vector<core::PrivateIdKind> private_id_kinds = core::all_but_numbers();
  /// Whether a handle is enough for messages.
  bool open_messages = false;
  /// Whether a device that has credentials may be spoken for by who does not prove them.
  bool claims_despite_credentials = false;
  /// Whether who registers by mere claim gets what was queued for the device before.
  bool claim_inherits = false;
  /// Where a device may be pushed to, beside the address that it registers from.
  std::vector<base::Network> push_networks;
  /// What an address may get a second beyond three octets for each that came from it, as long as
  /// nobody has shown to be there (RFC 9175 2.6). 0: no limit.
  std::uint32_t amplified_octets_per_source = 16'384;
  /// Requests a second, of one address, for registrations that there are not. Above: 4.29. 0: no
  /// limit.
  std::uint32_t wrong_handles_per_address = 100;
  /// SO_RCVBUF; the system's default drops bursts of 250 datagrams.
  std::size_t receive_buffer_octets = 4 << 20;
  /// Later than this the answer is a separate response (RFC 7252 5.2.2).
  base::Duration piggyback_within{1'000};
  SecureOptions secure;
};

/// What the listeners in the clear, or those of [coap.secure], demand.
core::ListenerPolicy policy_of(const Options& options, bool is_secure);

}  // namespace msggw::coap_adapter
