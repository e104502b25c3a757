// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "adapters/payload/bodies.h"
#include "gateway/messages/message.h"
#include "gateway/messages/outbox.h"

namespace msggw::payload {

// The bodies of messages that devices send and get. Members have the names and the words of TS
// 29.538; those that are not known are ignored, `null` is wrong wherever a type is said. Content is
// text: in JSON and in CBOR `payload` is a string of UTF-8. A body that says all of a message is
// "structured"; a "plain" one is the content and nothing else, and needs nothing of this.

/// The most octets of a text in a body, without its escapes.
inline constexpr std::size_t kMostAddressOctets = 255;
inline constexpr std::size_t kMostMessageIdOctets = 128;
inline constexpr std::size_t kMostApplicationOctets = 255;
inline constexpr std::size_t kMostFailureCauseOctets = 256;

/// What a body says, or the answer that refuses it: with the msgId if the body has a good one, a
/// cause of TS 29.500 5.2.7.2 (or PAYLOAD_TOO_LARGE, ADDR_TYPE_NOT_SUPPORTED,
/// DELIVERY_STATUS_NOT_SUPPORTED), and a sentence that begins with the member at fault, as a JSON
/// Pointer. The first fault is told.
template <class T>
using Checked = tl::expected<T, messages::Answer>;

/// A message that a device sends.
struct SendBody {
  std::optional<messages::Address> to;  ///< destAddr; none: to whom the gateway decides
  std::string application;              ///< appId; empty: none
  std::string message_id;               ///< msgId; empty: the gateway makes one
  std::string content;                  ///< payload
  bool wants_report = false;            ///< delivStReqInd
  messages::Priority priority = messages::Priority::normal;  ///< HIGH, MIDDLE, LOW
  std::optional<std::chrono::seconds> lifetime;              ///< in whole seconds, not 0
};

/// Every member is optional but those of a destAddr that is there. A body has at most twice
/// `max_content_octets` and 4 KiB.
Checked<SendBody> parse_send(Encoding encoding, std::string_view body,
                             std::size_t max_content_octets);

/// What became of a message that a device got, in its own words.
struct ReportBody {
  std::string message_id;     ///< msgId, mandatory
  bool delivered = false;     ///< delivSt, mandatory: REPT_DELY_SUCCESS, else REPT_DELY_FAILED
  std::string failure_cause;  ///< failureCause; empty: none
};

/// A body has at most 4 KiB.
Checked<ReportBody> parse_report(Encoding encoding, std::string_view body);

/// `{"msgId","state":"accepted"}`, or `{"msgId","state":"refused","cause","detail"}`; without a
/// msgId that is empty, and with `"retryAfter":SECONDS` where the refusal says when.
std::string encode_ack(Encoding encoding, const messages::Answer& answer);

/// `{"oriAddr":{"addrType","addr"},"appId","msgId","delivStReqInd","payload"}`, without what is
/// empty or false. Fails with `unsupported` for content that is no UTF-8: a plain body can carry
/// it.
base::Result<std::string> encode_message(Encoding encoding, const messages::Message& message,
                                         bool wants_report);

/// `{"msgId","delivSt","failureCause","oriAddr":{"addrType","addr"}}`: what became of a message
/// that the device sent; oriAddr is who got it.
std::string encode_report(Encoding encoding, const messages::Report& report);

}  // namespace msggw::payload
