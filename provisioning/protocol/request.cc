// SPDX-License-Identifier: Apache-2.0
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "provisioning/protocol/fields.h"
#include "provisioning/protocol/messages.h"

namespace msggw::protocol {

namespace {

using InvalidParams = std::vector<Problem::InvalidParam>;

struct Faults {
  InvalidParams missing;
  InvalidParams incorrect;
  InvalidParams optional_incorrect;
};

DecodedRequest refuse(const char* cause, InvalidParams params) {
  std::string detail = params.front().param + " " + params.front().reason;
  return {{}, Problem{400, cause, std::move(detail), std::move(params)}};
}

void read_ue_type(const boost::json::object& body, Request& request, Faults& faults) {
  const auto* value = body.if_contains("ueType");
  if (value == nullptr) return faults.missing.push_back({"ueType", "is missing"});
  if (!value->is_string()) return faults.incorrect.push_back({"ueType", "is not a string"});
  const auto type = core::ue_type_of(text_of(*value));
  if (!type) {
    return faults.incorrect.push_back(
        {"ueType", "is none of NON_3GPP, LEGACY_3GPP, MSGIN5G_UE, AS"});
  }
  request.ue_type = *type;
}

void read_private_id(const boost::json::object& body, const WireLimits& limits, Request& request,
                     Faults& faults) {
  const auto* value = body.if_contains("privateId");
  if (value == nullptr) return faults.missing.push_back({"privateId", "is missing"});
  std::string fault = why_no_identifier(*value, limits.private_id_octets);
  if (!fault.empty()) return faults.incorrect.push_back({"privateId", std::move(fault)});
  request.private_id = text_of(*value);
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
  DecodedRequest decoded;
  decoded.problem.status = 0;
  Faults faults;
  read_ue_type(*object, decoded.request, faults);
  read_private_id(*object, limits, decoded.request, faults);
  read_info(*object, limits, decoded.request, faults);
  if (!faults.missing.empty()) return refuse("MANDATORY_IE_MISSING", std::move(faults.missing));
  if (!faults.incorrect.empty())
    return refuse("MANDATORY_IE_INCORRECT", std::move(faults.incorrect));
  if (!faults.optional_incorrect.empty()) {
    return refuse("OPTIONAL_IE_INCORRECT", std::move(faults.optional_incorrect));
  }
  return decoded;
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
