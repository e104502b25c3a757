// SPDX-License-Identifier: Apache-2.0
#include "adapters/msgin5g/bodies.h"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "adapters/msgin5g/content.h"
#include "adapters/msgin5g/members.h"
#include "gateway/base/json.h"

namespace msggw::msgin5g {

namespace {

using messages::Address;
using messages::AddressType;
using messages::Message;
using messages::Report;
using messages::Segment;

constexpr std::size_t kMostWordOctets = 64;  // of an enumeration; each word that is known has fewer

/// A body while it is read.
class Reading {
 public:
  Reading(std::string_view body, const Limits& limits)
      : limits(limits),
        too_long_(body.size() > limits.body_octets),
        value_(base::parse_json(body, document_limits(limits), &memory_)),
        faults_(limits) {}

  /// Of a body that is no object, all are missing; problem() says why.
  Members members() { return {value_ ? *value_ : nothing_, "", faults_}; }

  void not_supported(Refusal why, std::string pointer, std::string reason) {
    if (unsupported_) return;
    std::string detail = pointer + " " + reason;
    unsupported_ = Problem{why, std::move(detail), {{std::move(pointer), std::move(reason)}}};
  }

  /// The gravest of what is wrong with what was read.
  std::optional<Problem> problem() {
    if (too_long_) return too_long(limits);
    if (!value_) return Problem{Refusal::format, value_.error().detail};
    if (!value_->is_object()) return Problem{Refusal::format, "the body is not an object"};
    if (!faults_.none()) return std::move(faults_).problem();
    return std::move(unsupported_);
  }

  const Limits& limits;

 private:
  bool too_long_;
  unsigned char room_[kParseRoom];
  boost::json::monotonic_resource memory_{room_, sizeof room_};
  base::Result<boost::json::value> value_;
  boost::json::value nothing_;
  Faults faults_;
  std::optional<Problem> unsupported_;
};

Address read_address(Members& body, std::string_view name, Reading& reading) {
  Address address;
  auto members = body.object(name, Need::mandatory);
  if (!members) return address;
  const std::string type = members->line("addrType", Need::mandatory, kMostWordOctets);
  address.address = members->line("addr", Need::mandatory, reading.limits.address_octets);
  if (const auto known = messages::address_type_of(type)) {
    address.type = *known;
  } else if (!type.empty()) {
    reading.not_supported(Refusal::address_type, members->pointer_to("addrType"),
                          "is not a type that this gateway knows");
  }
  return address;
}

Address read_recipient(Members& body, Reading& reading) {
  Address address = read_address(body, "destAddr", reading);
  if (address.type != AddressType::ue) {
    reading.not_supported(Refusal::address_type, "/destAddr/addrType",
                          "is not UE, and this gateway serves UEs only");
  }
  return address;
}

/// `segInd` says whether there is one; without it, a `segId` does.
std::optional<Segment> read_segment(Members& body, Reading& reading) {
  const auto says = body.flag("segInd");
  const Need need = says == true ? Need::conditional : Need::optional;
  auto params = body.object("segParams", need);
  if (!params) return std::nullopt;
  const std::uint32_t most = reading.limits.segments;
  const bool is_one = says.value_or(params->has("segId"));
  const Need own = is_one ? Need::conditional : Need::optional;
  Segment segment;
  segment.set = params->line("segId", own, reading.limits.segment_set_octets);
  const auto number = params->number("segNumb", own, 0, most);
  segment.number = number.value_or(0);
  segment.total = params->number("totalSegCount", Need::optional, 1, most);
  segment.last = params->flag("lastSegFlag").value_or(false);
  if (number && segment.total && *number > *segment.total)
    params->incorrect("segNumb", Need::optional, "is higher than totalSegCount");
  if (!is_one) return std::nullopt;
  return segment;
}

std::optional<Problem> read_content(std::string_view payload, PayloadEncoding encoding,
                                    const Limits& limits, std::string& content) {
  const auto at_payload = [](Refusal why, const std::string& reason) {
    return Problem{why, "/payload " + reason, {{"/payload", reason}}};
  };
  auto octets = content_of(payload, encoding);
  if (!octets) return at_payload(Refusal::optional_incorrect, octets.error().detail);
  if (octets->size() > limits.content_octets) {
    return at_payload(Refusal::too_large, "has more than " + std::to_string(limits.content_octets) +
                                              " octets of content");
  }
  content = *std::move(octets);
  return std::nullopt;
}

}  // namespace

Checked<Message> read_message(std::string_view body, const EncodingOf& encoding_of,
                              const Limits& limits) {
  Reading reading(body, limits);
  Members members = reading.members();
  Message message;
  message.from = read_address(members, "oriAddr", reading);
  message.to = read_recipient(members, reading);
  message.message_id = members.line("msgId", Need::mandatory, limits.message_id_octets);
  message.application = members.line("appId", Need::optional, limits.application_octets);
  message.wants_report = members.flag("delivStReqInd").value_or(false);
  message.segment = read_segment(members, reading);
  const auto payload = members.text("payload", Need::optional);
  if (auto problem = reading.problem()) return tl::unexpected(*std::move(problem));
  if (!payload) return message;
  const auto encoding = encoding_of ? encoding_of(message) : PayloadEncoding::text;
  if (auto problem = read_content(*payload, encoding, limits, message.content))
    return tl::unexpected(*std::move(problem));
  return message;
}

Checked<Report> read_report(std::string_view body, const Limits& limits) {
  Reading reading(body, limits);
  Members members = reading.members();
  Report report;
  report.from = read_address(members, "oriAddr", reading);
  report.to = read_recipient(members, reading);
  report.message_id = members.line("msgId", Need::mandatory, limits.message_id_octets);
  report.failure_cause = members.line("failureCause", Need::optional, limits.failure_cause_octets);
  const std::string status = members.line("delivSt", Need::mandatory, kMostWordOctets);
  report.delivered = status == kDelivered;
  if (!report.delivered && status != kFailed) {
    reading.not_supported(Refusal::delivery_status, "/delivSt",
                          "is neither REPT_DELY_SUCCESS nor REPT_DELY_FAILED");
  }
  if (auto problem = reading.problem()) return tl::unexpected(*std::move(problem));
  return report;
}

base::Result<Ack> read_ack(std::string_view body, const Limits& limits) {
  unsigned char room[kParseRoom];
  boost::json::monotonic_resource memory(room, sizeof room);
  auto value = base::parse_json(body, document_limits(limits), &memory);
  if (!value) return tl::unexpected(std::move(value.error()));
  if (!value->is_object()) return base::fail(base::Errc::malformed, "the body is not an object");
  Faults faults(limits);
  Members members(*value, "", faults);
  const auto text = [&](std::string_view name) {
    return std::string(members.text(name, Need::optional).value_or(""));
  };
  Ack ack{text("msgId"), text("status"), text("failureCause")};
  if (!faults.none()) return base::fail(base::Errc::incorrect, std::move(faults).problem().detail);
  return ack;
}

}  // namespace msggw::msgin5g
