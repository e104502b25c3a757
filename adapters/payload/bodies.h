// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/document.h"
#include "gateway/base/result.h"
#include "gateway/core/registrations.h"

namespace msggw::payload {

/// How a device writes a body. CoAP content-formats 50 and 60; MQTT is JSON.
using Encoding = base::Encoding;

/// The body of a device's registration: what it says of itself, passed on to the Provisioning
/// Function as "Non-MSGin5G UE information" (the contribution, table 6.X.1.4-1).
struct RegisterBody {
  std::string info;  ///< compact JSON object, empty if the body was empty or `{}`
  /// How it takes messages: `"format":"plain"` and `"reports":true` count, and whatever else they
  /// are means no. None: the body was empty.
  std::optional<core::Manner> manner = std::nullopt;
};

/// An empty body is good. malformed: not one object in `encoding` (nor one with a member twice, or
/// with CBOR that has no JSON value). too_large: more than `max_info_octets` of compact JSON (a
/// longer body is refused unparsed at 4 times that), nested deeper than 16. Never throws on input.
base::Result<RegisterBody> parse_register(Encoding encoding, std::string_view body,
                                          std::size_t max_info_octets);

/// The links of an RFC 9176 or LwM2M endpoint (application/link-format, RFC 6690) as information,
/// `{"links":".."}`; without them if that has more than `max_info_octets`, since what a device can
/// do must not keep it from its Service ID. malformed: no UTF-8, or does not begin with a link.
base::Result<RegisterBody> parse_links(std::string_view body, std::size_t max_info_octets);

/// `{"privateId","serviceId","serverServiceIds","serviceInfo","lifetime","state"}`; members that do
/// not apply (a lifetime without end, the identity of a device not yet provisioned) are left out.
/// Lifetime in seconds.
std::string encode_registration(Encoding encoding, const core::RegistrationView& view);

/// `{"state":"pending","retryAfter":SECONDS}` (`privateId` before it where it is given).
std::string encode_pending(Encoding encoding, std::string_view private_id,
                           std::chrono::seconds retry_after);
/// `{"state":"refused","cause":..,"detail":..}`
std::string encode_refused(Encoding encoding, std::string_view private_id, std::string_view cause,
                           std::string_view detail);
/// `{"state":"deregistered"}`
std::string encode_deregistered(Encoding encoding, std::string_view private_id);

/// The cause word for an error of ours, in the style of TS 29.500 5.2.7.2: "INVALID_MSG_FORMAT",
/// "MANDATORY_IE_MISSING", "MANDATORY_IE_INCORRECT", "PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE",
/// "CONTEXT_NOT_FOUND", "POLICY_DENIED", "NF_CONGESTION", "UPSTREAM_UNAVAILABLE",
/// "INSUFFICIENT_RESOURCES". Static storage.
std::string_view cause_of(base::Errc code) noexcept;

}  // namespace msggw::payload
