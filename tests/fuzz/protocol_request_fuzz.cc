// SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include "provisioning/protocol/messages.h"

using msggw::base::ensure;
using msggw::protocol::decode_problem;
using msggw::protocol::decode_request;
using msggw::protocol::encode_problem;
using msggw::protocol::encode_request;
using msggw::protocol::Encoding;
using msggw::protocol::WireLimits;

namespace {

void check_request(Encoding encoding, std::string_view body, const WireLimits& limits) {
  const auto decoded = decode_request(encoding, body, limits);
  if (!decoded.ok()) {
    const auto& problem = decoded.problem;
    ensure(problem.status >= 400 && problem.status < 500, "bad input is the peer's fault");
    ensure(!problem.cause.empty() && !problem.detail.empty(), "a refusal says why");
    ensure(decode_problem(encoding, encode_problem(encoding, problem), {}).has_value(),
           "a problem can be read");
    return;
  }
  const auto& request = decoded.request;
  ensure(!request.private_id.empty() && request.private_id.size() <= limits.private_id_octets,
         "the Private ID is within its limit");
  ensure(request.info.size() <= limits.info_octets, "the information is within its limit");
  for (const Encoding other : {Encoding::json, Encoding::cbor}) {
    const auto again = decode_request(
        other, encode_request(other, request.ue_type, request.private_id, request.info), {});
    ensure(again.ok(), "what was accepted is accepted again");
    ensure(again.request.ue_type == request.ue_type &&
               again.request.private_id == request.private_id && again.request.info == request.info,
           "a request is the same in both encodings");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  WireLimits limits;
  limits.body_octets = 2'048;
  limits.private_id_octets = 64;
  limits.info_octets = 256;
  check_request(Encoding::json, body, limits);
  check_request(Encoding::cbor, body, limits);
  return 0;
}
