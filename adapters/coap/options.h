// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/network.h"
#include "gateway/core/speaker.h"

namespace msggw::coap_adapter {

/// The [coap] section of the configuration; etc/msggw.toml explains each under the same name.
struct Options {
  bool enabled = true;
  boost::asio::ip::address address;  ///< 0.0.0.0
  /// 0: any free one (tests).
  std::uint16_t port = 5683;
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
  /// Notifications not yet acknowledged. Above: messages wait.
  std::size_t max_notifications = 50'000;
  /// ACK_TIMEOUT and MAX_RETRANSMIT (RFC 7252 4.8) of what the gateway sends confirmable.
  base::Duration ack_timeout{2'000};
  unsigned max_retransmit = 4;
  /// Whom the listener serves.
  core::Admission admission = core::Admission::open;
  /// Whether a handle is enough for messages.
  bool open_messages = false;
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
};

}  // namespace msggw::coap_adapter
