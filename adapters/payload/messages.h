// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "adapters/elements/limits.h"
#include "adapters/payload/bodies.h"
#include "gateway/base/result.h"
#include "gateway/messages/message.h"
#include "gateway/messages/outbox.h"
#include "gateway/messages/send_request.h"

namespace msggw::payload {

// The bodies of messages that devices send and get, in the names and words of TS 29.538; members
// that are not known are ignored. Content is text here: a string of UTF-8, also in CBOR. A body
// that says all of a message is "structured"; a "plain" one is the content and nothing else, and
// needs nothing of this.

/// What a body says, or the answer that refuses it: with the msgId if the body has a good one, a
/// cause, and a sentence that begins with the JSON Pointer of the element at fault. Of several
/// faults the gravest is told, and the first of these:
///
/// - PAYLOAD_TOO_LARGE (too_large): longer than the body may be
/// - INVALID_MSG_FORMAT (malformed): no object in that encoding, a member twice, nested too deep
/// - MANDATORY_IE_MISSING (missing), MANDATORY_IE_INCORRECT, OPTIONAL_IE_INCORRECT (incorrect)
/// - ADDR_TYPE_NOT_SUPPORTED, DELIVERY_STATUS_NOT_SUPPORTED (refused): a word that nobody here
///   knows
template <class T>
using Checked = tl::expected<T, messages::Answer>;

/// What a message says of itself (TS 23.554 8.7.1): `{"destAddr":{"addrType","addr"},"appId",
/// "msgId","delivStReqInd","payload","priority":"HIGH" or "MIDDLE" or "LOW","lifetime":SECONDS}`,
/// each of which may be left out; addr and addrType come together. `appId` and `msgId` are lines of
/// at most kMostApplicationOctets and kMostMessageIdOctets. Who sends it, and how it came, is the
/// caller's to say.
Checked<messages::SendRequest> parse_message(Encoding encoding, std::string_view body,
                                             std::size_t most_octets);

/// What a device says became of a message that it got (TS 23.554 8.3.4).
struct ReportBody {
  std::string message_id;
  bool delivered = false;
  std::string failure_cause;  ///< empty: none given
};

/// `{"msgId","delivSt":"REPT_DELY_SUCCESS" or "REPT_DELY_FAILED","failureCause"}`
Checked<ReportBody> parse_report(Encoding encoding, std::string_view body, std::size_t most_octets);

/// Whether `text`, which came outside a body, can be a msgId or an appId: one line of UTF-8 that is
/// not too long.
bool is_line(std::string_view text, std::size_t most_octets) noexcept;

/// `{"msgId"}`, for a bearer that says beside the body that the message is taken.
std::string encode_accepted(Encoding encoding, std::string_view message_id);

/// `{"msgId","state":"accepted"}`, or `{"msgId","state":"refused","cause","detail"}`; without a
/// msgId that is empty, and with `"retryAfter":SECONDS` where the refusal says when.
std::string encode_ack(Encoding encoding, const messages::Answer& answer);

/// A message for a device, `{"oriAddr","msgId","appId","delivStReqInd","segInd","segParams",
/// "payload"}`, or a report, which alone has "delivSt": `{"oriAddr","msgId","delivSt",
/// "failureCause"}`. What does not apply is left out, a payload never is. unsupported: the content
/// is no UTF-8 and cannot stand there.
base::Result<std::string> encode_carried(Encoding encoding, const messages::Carried& carried);

}  // namespace msggw::payload
