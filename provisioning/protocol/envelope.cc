// SPDX-License-Identifier: Apache-2.0
#include "provisioning/protocol/envelope.h"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "provisioning/protocol/fields.h"

namespace msggw::protocol {

namespace {

constexpr std::string_view kMsgType = "MSG";
constexpr std::size_t kMostIdentifierOctets = 255;
constexpr std::size_t kMostAddressOctets = 1'024;
constexpr std::size_t kAroundPayload = 4'096;  ///< octets for everything but the payload

using InvalidParams = std::vector<Problem::InvalidParam>;

void read_constant(const boost::json::object& body, const char* name, std::string_view wanted,
                   Faults& faults) {
  const auto* value = body.if_contains(name);
  if (value == nullptr) return faults.missing.push_back({name, "is missing"});
  if (text_of(*value) == wanted) return;
  faults.incorrect.push_back({name, std::string("is not \"").append(wanted).append("\"")});
}

/// Why `value` is no Address of TS 29.538; empty if it is one.
std::string why_no_address(const boost::json::value& value) {
  const auto* object = value.if_object();
  if (object == nullptr) return "is not an object";
  for (const char* name : {"addrType", "addr"}) {
    const auto* member = object->if_contains(name);
    if (member == nullptr) return std::string("has no ") + name;
    std::string fault = why_no_identifier(*member, kMostIdentifierOctets);
    if (!fault.empty()) return std::string("has an ") + name + " that " + fault;
  }
  return {};
}

std::string read_address(const boost::json::value& value, const char* name,
                         InvalidParams& incorrect) {
  std::string fault = why_no_address(value);
  if (fault.empty()) {
    CompactObject address = compact_object(value, kMostAddressOctets);
    if (address.fault.empty()) return std::move(address.text);
    fault = std::move(address.fault);
  }
  incorrect.push_back({name, std::move(fault)});
  return {};
}

void read_payload(const boost::json::object& body, Encoding encoding, Envelope& envelope,
                  Faults& faults) {
  const auto* payload = body.if_contains("payload");
  if (payload == nullptr) return faults.missing.push_back({"payload", "is missing"});
  if (!payload->is_object()) return faults.incorrect.push_back({"payload", "is not an object"});
  base::append_document(encoding, envelope.payload, *payload);
}

}  // namespace

DecodedEnvelope decode_envelope(Encoding encoding, std::string_view body,
                                const WireLimits& limits) {
  base::DocumentLimits document = document_limits(limits);
  document.octets += kAroundPayload;
  ++document.depth;
  if (body.size() > document.octets) return {{}, too_long(document.octets)};
  unsigned char room[kParseRoom];
  boost::json::monotonic_resource memory(room, sizeof room);
  auto value = base::parse_document(encoding, body, document, &memory);
  if (!value) return {{}, bad_format(std::move(value.error().detail))};
  const auto* object = value->if_object();
  if (object == nullptr) return {{}, bad_format("the body is not an object")};

  DecodedEnvelope decoded;
  Envelope& envelope = decoded.envelope;
  Faults faults;
  envelope.msg_id = read_identifier(*object, "msgId", kMostIdentifierOctets, faults);
  read_constant(*object, "msgType", kMsgType, faults);
  read_constant(*object, "appId", kProvisioningAppId, faults);
  envelope.app_id = kProvisioningAppId;
  if (const auto* to = object->if_contains("destAddr")) {
    envelope.dest_addr = read_address(*to, "destAddr", faults.incorrect);
  } else {
    faults.missing.push_back({"destAddr", "is missing"});
  }
  if (const auto* from = object->if_contains("oriAddr")) {
    envelope.ori_addr = read_address(*from, "oriAddr", faults.optional_incorrect);
  }
  read_payload(*object, encoding, envelope, faults);

  decoded.problem = std::move(faults).problem();
  return decoded;
}

std::string encode_envelope(Encoding encoding, const Envelope& envelope) {
  std::string body;
  body.reserve(128 + envelope.ori_addr.size() + envelope.dest_addr.size() + envelope.msg_id.size() +
               envelope.payload.size());
  base::ObjectWriter writer(encoding, body);
  writer.text("msgType", kMsgType);
  if (!envelope.ori_addr.empty()) writer.json("oriAddr", envelope.ori_addr);
  writer.json("destAddr", envelope.dest_addr);
  writer.text("msgId", envelope.msg_id);
  writer.text("appId", envelope.app_id);
  writer.document("payload", envelope.payload);
  writer.end();
  return body;
}

}  // namespace msggw::protocol
