// SPDX-License-Identifier: Apache-2.0
#include "adapters/msgin5g/bodies.h"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "adapters/elements/elements.h"
#include "adapters/msgin5g/content.h"
#include "gateway/base/json.h"

namespace msggw::msgin5g {

namespace {

using elements::Faults;
using elements::kParseRoom;
using elements::Members;
using elements::Need;
using elements::Wrong;
using messages::Address;
using messages::AddressType;
using messages::Message;
using messages::Report;
using messages::Segment;

/// A body while it is read.
class Reading {
 public:
  Reading(std::string_view body, const Limits& limits)
      : limits(limits),
        too_long_(body.size() > limits.body_octets),
        value_(base::parse_json(body, elements::document_limits(limits.body_octets), &memory_)),
        faults_(limits.invalid_params) {}

  /// Of a body that is no object, all are missing; problem() says why.
  Members members() { return {value_ ? *value_ : nothing_, "", faults_}; }

  /// The gravest of what is wrong with what was read.
  std::optional<Problem> problem() {
    if (too_long_) return too_long(limits);
    if (!value_) return Problem{Refusal::format, value_.error().detail};
    if (!value_->is_object()) return Problem{Refusal::format, "the body is not an object"};
    if (!faults_.none()) return problem_of(std::move(faults_));
    return std::nullopt;
  }

  const Limits& limits;

 private:
  bool too_long_;
  unsigned char room_[kParseRoom];
  boost::json::monotonic_resource memory_{room_, sizeof room_};
  base::Result<boost::json::value> value_;
  boost::json::value nothing_;
  Faults faults_;
};

Address read_address(Members& body, std::string_view name, const Limits& limits) {
  return elements::read_address(body, name, Need::mandatory, limits.address_octets)
      .value_or(Address{});
}

Address read_recipient(Members& body, const Limits& limits) {
  Address address = read_address(body, "destAddr", limits);
  if (address.type != AddressType::ue)
    body.note(Wrong::address_type, "destAddr/addrType",
              "is not UE, and this gateway serves UEs only");
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
    return at_payload(Refusal::too_large,
                      "has more than " + std::to_string(limits.content_octets) +
                          " octets of content (content_octets of [msgin5g.limits]); "
                          "longer content comes in segments");
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
  message.from = read_address(members, "oriAddr", limits);
  message.to = read_recipient(members, limits);
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
  report.from = read_address(members, "oriAddr", limits);
  report.to = read_recipient(members, limits);
  report.message_id = members.line("msgId", Need::mandatory, limits.message_id_octets);
  report.failure_cause = members.line("failureCause", Need::optional, limits.failure_cause_octets);
  report.delivered = elements::read_delivered(members);
  if (auto problem = reading.problem()) return tl::unexpected(*std::move(problem));
  return report;
}

base::Result<Ack> read_ack(std::string_view body, const Limits& limits) {
  unsigned char room[kParseRoom];
  boost::json::monotonic_resource memory(room, sizeof room);
  auto value = base::parse_json(body, elements::document_limits(limits.body_octets), &memory);
  if (!value) return tl::unexpected(std::move(value.error()));
  if (!value->is_object()) return base::fail(base::Errc::malformed, "the body is not an object");
  Faults faults(limits.invalid_params);
  Members members(*value, "", faults);
  const auto text = [&](std::string_view name) {
    return std::string(members.text(name, Need::optional).value_or(""));
  };
  Ack ack{text("msgId"), text("status"), text("failureCause")};
  if (!faults.none())
    return base::fail(base::Errc::incorrect, std::move(faults).take().front().sentence());
  return ack;
}

}  // namespace msggw::msgin5g
