// SPDX-License-Identifier: Apache-2.0
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "provisioning/protocol/fields.h"
#include "provisioning/protocol/messages.h"

namespace msggw::protocol {

namespace {

void read_ue_type(const boost::json::object& body, Request& request, Faults& faults) {
  const auto* value = body.if_contains("ueType");
  if (value == nullptr) return faults.missing.push_back({"ueType", "is missing"});
  if (!base::text_of(*value)) return faults.incorrect.push_back({"ueType", "is not a string"});
  const auto type = core::ue_type_of(text_of(*value));
  if (!type) {
    return faults.incorrect.push_back(
        {"ueType", "is none of NON_3GPP, LEGACY_3GPP, MSGIN5G_UE, AS"});
  }
  request.ue_type = *type;
}

void read_info(const boost::json::object& body, const WireLimits& limits, Request& request,
               Faults& faults) {
  const auto* value = body.if_contains("info");
  if (value == nullptr) return;
  CompactObject info = compact_object(*value, limits.info_octets);
  if (!info.fault.empty())
    return faults.optional_incorrect.push_back({"info", std::move(info.fault)});
  request.info = std::move(info.text);
}

}  // namespace

DecodedRequest read_request(const boost::json::value& value, const WireLimits& limits) {
  const auto* object = value.if_object();
  if (object == nullptr) return {{}, bad_format("the body is not an object")};
  Request request;
  Faults faults;
  read_ue_type(*object, request, faults);
  request.private_id = read_identifier(*object, "privateId", limits.private_id_octets, faults);
  read_info(*object, limits, request, faults);
  Problem problem = std::move(faults).problem();
  if (problem.status != 0) request = {};
  return {std::move(request), std::move(problem)};
}

DecodedRequest decode_request(Encoding encoding, std::string_view body, const WireLimits& limits) {
  if (body.size() > limits.body_octets) return {{}, too_long(limits.body_octets)};
  unsigned char room[kParseRoom];
  boost::json::monotonic_resource memory(room, sizeof room);
  auto value = base::parse_document(encoding, body, document_limits(limits), &memory);
  if (!value) return {{}, bad_format(std::move(value.error().detail))};
  return read_request(*value, limits);
}

std::string encode_request(Encoding encoding, core::UeType ue_type, std::string_view private_id,
                           std::string_view info) {
  std::string body;
  body.reserve(64 + private_id.size() + info.size());
  base::ObjectWriter writer(encoding, body);
  writer.text("ueType", core::name_of(ue_type));
  writer.text("privateId", private_id);
  if (!info.empty()) writer.json("info", info);
  writer.end();
  return body;
}

}  // namespace msggw::protocol
