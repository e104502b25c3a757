// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <string>
#include <vector>

#include "provisioning/protocol/messages.h"

using msggw::base::ensure;
using namespace std::chrono_literals;
namespace protocol = msggw::protocol;

namespace {

constexpr protocol::Encoding kBoth[] = {protocol::Encoding::json, protocol::Encoding::cbor};

void check_request(protocol::Encoding encoding, std::string_view body,
                   const protocol::WireLimits& limits) {
  const auto decoded = protocol::decode_bulk_request(encoding, body, limits);
  if (!decoded.ok()) {
    ensure(decoded.items.empty(), "a refused body has no items");
    ensure(decoded.problem.status >= 400 && decoded.problem.status < 500,
           "bad input is the peer's fault");
    ensure(!decoded.problem.cause.empty() && !decoded.problem.detail.empty(), "a refusal says why");
    return;
  }
  ensure(!decoded.items.empty() && decoded.items.size() <= limits.bulk_items,
         "the items are within their limit");
  for (const protocol::Encoding other : kBoth) {
    std::vector<std::string> bodies;
    for (const auto& [request, problem, pointer] : decoded.items) {
      if (problem.status != 0) continue;
      bodies.push_back(
          protocol::encode_request(other, request.ue_type, request.private_id, request.info));
    }
    if (bodies.empty()) return;
    const std::vector<std::string_view> views(bodies.begin(), bodies.end());
    const auto again =
        protocol::decode_bulk_request(other, protocol::join_bulk_request(other, views), {});
    ensure(again.ok() && again.items.size() == bodies.size(),
           "what was accepted is accepted again");
    for (const auto& item : again.items) ensure(item.ok(), "a good item stays good in company");
  }
}

void check_response(protocol::Encoding encoding, std::string_view body,
                    const protocol::WireLimits& limits) {
  const auto decoded = protocol::decode_bulk_response(encoding, body, limits);
  if (!decoded) {
    ensure(!decoded.error().detail.empty(), "a refusal says why");
    return;
  }
  ensure(decoded->size() <= limits.bulk_items, "the items are within their limit");
  for (const protocol::Encoding other : kBoth) {
    std::vector<std::string> bodies;
    std::vector<protocol::BulkItem> items;
    bodies.reserve(decoded->size());
    for (const auto& item : *decoded) {
      ensure(item.retry_after >= 0s && item.retry_after <= 24h, "a pause is within its limit");
      const bool good = item.status == 200 || item.status == 201;
      if (good && !item.response) continue;
      bodies.push_back(good ? protocol::encode_response(other, *item.response)
                            : protocol::encode_problem(other, item.problem));
      items.push_back({item.status, bodies.back(), item.retry_after});
    }
    const auto again =
        protocol::decode_bulk_response(other, protocol::join_bulk_response(other, items), {});
    ensure(again.has_value() && again->size() == items.size(),
           "what was accepted is accepted again");
    for (std::size_t i = 0; i < items.size(); ++i) {
      ensure(
          (*again)[i].status == items[i].status && (*again)[i].retry_after == items[i].retry_after,
          "an item is the same in both encodings");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  protocol::WireLimits limits;
  limits.private_id_octets = 64;
  limits.info_octets = 256;
  limits.service_info_octets = 256;
  limits.bulk_items = 8;
  limits.bulk_octets = 4'096;
  for (const protocol::Encoding encoding : kBoth) {
    check_request(encoding, body, limits);
    check_response(encoding, body, limits);
  }
  return 0;
}
