// SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include "provisioning/protocol/messages.h"

using msggw::base::ensure;
using msggw::protocol::decode_problem;
using msggw::protocol::decode_response;
using msggw::protocol::encode_problem;
using msggw::protocol::encode_response;
using msggw::protocol::Encoding;
using msggw::protocol::WireLimits;

namespace {

void check_response(Encoding encoding, std::string_view body, const WireLimits& limits) {
  const auto response = decode_response(encoding, body, limits);
  if (!response) {
    ensure(!response.error().detail.empty(), "a refusal says why");
    return;
  }
  ensure(!response->service_id.empty(), "a Service ID is never empty");
  ensure(!response->server_service_ids.empty() &&
             response->server_service_ids.size() <= limits.server_service_ids,
         "the servers are within their limit");
  ensure(response->service_info.size() <= limits.service_info_octets,
         "the service information is within its limit");
  for (const Encoding other : {Encoding::json, Encoding::cbor}) {
    const auto again = decode_response(other, encode_response(other, *response), {});
    ensure(again.has_value(), "what was accepted is accepted again");
    ensure(again->service_id == response->service_id &&
               again->server_service_ids == response->server_service_ids &&
               again->service_info == response->service_info,
           "a response is the same in both encodings");
  }
}

void check_problem(Encoding encoding, std::string_view body, const WireLimits& limits) {
  const auto problem = decode_problem(encoding, body, limits);
  if (!problem) return;
  const auto again = decode_problem(encoding, encode_problem(encoding, *problem), {});
  ensure(again.has_value(), "a written problem can be read");
  ensure(again->cause == problem->cause && again->detail == problem->detail &&
             again->invalid_params.size() == problem->invalid_params.size(),
         "a problem is the same when it was written");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  WireLimits limits;
  limits.body_octets = 2'048;
  limits.service_id_octets = 64;
  limits.server_service_ids = 4;
  limits.service_info_octets = 256;
  for (const Encoding encoding : {Encoding::json, Encoding::cbor}) {
    check_response(encoding, body, limits);
    check_problem(encoding, body, limits);
  }
  return 0;
}
