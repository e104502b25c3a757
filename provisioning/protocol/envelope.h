// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "provisioning/protocol/messages.h"

namespace msggw::protocol {

/// The application ID of messages to and from the Provisioning Function; not allocated by 3GPP.
inline constexpr std::string_view kProvisioningAppId = "msgin5g-provisioning";

/// A MSGin5G Message Request that carries a provisioning request or its answer (the contribution
/// 6.X.1.3 and 6.X.1.4, NOTE 1; names of the members as in TS 29.538):
/// `{"msgType":"MSG","oriAddr":{"addrType":"UE","addr":".."},"destAddr":{..},"msgId":"..",
/// "appId":"msgin5g-provisioning","payload":{..}}`. An endpoint without a Service ID has no
/// oriAddr.
struct Envelope {
  /// An Address of TS 29.538 (`addrType`, `addr`) as compact JSON text; empty: absent.
  std::string ori_addr;   ///< O in requests
  std::string dest_addr;  ///< M
  std::string msg_id;     ///< M, 1 to 255 octets; the answer repeats it
  std::string app_id;     ///< M
  std::string payload;    ///< M: a request, response or problem, in the encoding of the envelope
};

/// The envelope, or the problem to answer with (causes as in DecodedRequest): msgType is not "MSG",
/// msgId, destAddr, appId or payload are missing or of a wrong type, appId is another
/// application's. What could be read is set in `envelope` also then, so that a refusal repeats the
/// msgId.
struct DecodedEnvelope {
  Envelope envelope;
  Problem problem;
  bool ok() const noexcept { return problem.status == 0; }
};
DecodedEnvelope decode_envelope(Encoding encoding, std::string_view body, const WireLimits& limits);
std::string encode_envelope(Encoding encoding, const Envelope& envelope);

}  // namespace msggw::protocol
