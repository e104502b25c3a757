// SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include "provisioning/protocol/envelope.h"

using msggw::base::ensure;
using msggw::protocol::decode_envelope;
using msggw::protocol::encode_envelope;
using msggw::protocol::Encoding;
using msggw::protocol::WireLimits;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  WireLimits limits;
  limits.body_octets = 2'048;
  for (const Encoding encoding : {Encoding::json, Encoding::cbor}) {
    const auto decoded = decode_envelope(encoding, body, limits);
    const auto& envelope = decoded.envelope;
    ensure(envelope.msg_id.size() <= 255, "the message ID is within its limit");
    if (!decoded.ok()) {
      ensure(decoded.problem.status >= 400 && decoded.problem.status < 500,
             "bad input is the peer's fault");
      ensure(!decoded.problem.cause.empty() && !decoded.problem.detail.empty(),
             "a refusal says why");
      continue;
    }
    ensure(!envelope.msg_id.empty() && !envelope.dest_addr.empty() && !envelope.payload.empty(),
           "what is mandatory is there");
    const auto again = decode_envelope(encoding, encode_envelope(encoding, envelope), {});
    ensure(again.ok(), "what was accepted is accepted again");
    ensure(again.envelope.msg_id == envelope.msg_id && again.envelope.payload == envelope.payload &&
               again.envelope.dest_addr == envelope.dest_addr &&
               again.envelope.ori_addr == envelope.ori_addr,
           "an envelope is the same when it was written");
  }
  return 0;
}
