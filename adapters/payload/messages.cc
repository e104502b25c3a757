// SPDX-License-Identifier: Apache-2.0
#include "adapters/payload/messages.h"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/value.hpp>
#include <limits>
#include <utility>

#include "adapters/payload/elements.h"
#include "gateway/base/text.h"

namespace msggw::payload {

namespace {

using base::Errc;
using base::fail;
using messages::Address;
using messages::Message;
using messages::Priority;
using messages::Report;

constexpr std::size_t kParseRoom = 4'096;
constexpr std::size_t kMostWordOctets = 32;  // of an enumeration; each word that is known has fewer
constexpr std::size_t kMostCauseOctets = 256;
constexpr std::string_view kDelivered = "REPT_DELY_SUCCESS";
constexpr std::string_view kFailed = "REPT_DELY_FAILED";

base::DocumentLimits document_limits(const MessageLimits& limits) {
  return {.octets = limits.body_octets, .depth = 16, .items = 1'024};
}

std::optional<Address> read_address(Elements& body, const MessageLimits& limits) {
  auto members = body.object("destAddr");
  if (!members) return std::nullopt;
  const std::string type = members->line("addrType", Need::mandatory, kMostWordOctets);
  Address address;
  address.address = members->line("addr", Need::mandatory, limits.address_octets);
  if (const auto known = messages::address_type_of(type)) {
    address.type = *known;
  } else if (!type.empty()) {
    members->incorrect("addrType", "must be UE, AS, GROUP, BC or TOPIC");
  }
  return address;
}

Priority read_priority(Elements& body) {
  const std::string word = body.line("priority", Need::optional, kMostWordOctets);
  if (word == "HIGH") return Priority::high;
  if (word == "LOW") return Priority::low;
  if (!word.empty() && word != "MIDDLE") body.incorrect("priority", "must be HIGH, MIDDLE or LOW");
  return Priority::normal;
}

/// Reads one object by `read`, which is given its elements.
template <class Body, class Read>
base::Result<Body> parse(Encoding encoding, std::string_view octets, const MessageLimits& limits,
                         Read&& read) {
  unsigned char room[kParseRoom];
  boost::json::monotonic_resource memory(room, sizeof room);
  auto value = base::parse_document(encoding, octets, document_limits(limits), &memory);
  if (!value) {
    const bool too_large = value.error().code == Errc::too_large;
    return fail(too_large ? Errc::too_large : Errc::malformed, std::move(value.error().detail));
  }
  if (!value->is_object()) return fail(Errc::malformed, "the body is not an object");
  std::optional<base::Error> fault;
  Elements elements(*value, "", fault);
  Body body = read(elements);
  if (fault) return tl::unexpected(*std::move(fault));
  return body;
}

void append_address(base::ObjectWriter& out, Encoding encoding, const Address& address) {
  std::string body;
  base::ObjectWriter writer(encoding, body);
  writer.text("addrType", messages::name_of(address.type));
  writer.text("addr", address.address);
  writer.end();
  out.document("oriAddr", body);
}

void append_segment(base::ObjectWriter& out, Encoding encoding, const messages::Segment& segment) {
  std::string params;
  base::ObjectWriter writer(encoding, params);
  writer.text("segId", segment.set);
  if (segment.total) writer.number("totalSegCount", *segment.total);
  writer.number("segNumb", segment.number);
  if (segment.last) writer.json("lastSegFlag", "true");
  writer.end();
  out.json("segInd", "true");
  out.document("segParams", params);
}

std::string encode_report(Encoding encoding, const Report& report) {
  std::string body;
  base::ObjectWriter writer(encoding, body);
  append_address(writer, encoding, report.from);
  writer.text("msgId", report.message_id);
  writer.text("delivSt", report.delivered ? kDelivered : kFailed);
  if (!report.failure_cause.empty()) writer.text("failureCause", report.failure_cause);
  writer.end();
  return body;
}

}  // namespace

base::Result<MessageBody> parse_message(Encoding encoding, std::string_view body,
                                        const MessageLimits& limits) {
  return parse<MessageBody>(encoding, body, limits, [&limits](Elements& elements) {
    MessageBody read;
    read.to = read_address(elements, limits);
    read.message_id = elements.line("msgId", Need::optional, limits.message_id_octets);
    read.application = elements.line("appId", Need::optional, limits.application_octets);
    read.wants_report = elements.flag("delivStReqInd");
    read.content = elements.text("payload");
    read.priority = read_priority(elements);
    if (const auto lifetime = elements.number("lifetime"))
      read.lifetime = std::chrono::seconds{*lifetime};
    return read;
  });
}

base::Result<ReportBody> parse_report(Encoding encoding, std::string_view body,
                                      const MessageLimits& limits) {
  return parse<ReportBody>(encoding, body, limits, [&limits](Elements& elements) {
    ReportBody read;
    read.message_id = elements.line("msgId", Need::mandatory, limits.message_id_octets);
    const std::string status = elements.line("delivSt", Need::mandatory, kMostWordOctets);
    read.delivered = status == kDelivered;
    if (!status.empty() && !read.delivered && status != kFailed)
      elements.incorrect("delivSt", "must be REPT_DELY_SUCCESS or REPT_DELY_FAILED");
    read.failure_cause = elements.line("failureCause", Need::optional, kMostCauseOctets);
    return read;
  });
}

bool is_application(std::string_view application, const MessageLimits& limits) noexcept {
  return application.size() <= limits.application_octets && base::is_utf8(application) &&
         !base::has_control(application);
}

std::string encode_accepted(Encoding encoding, std::string_view message_id) {
  std::string body;
  base::ObjectWriter writer(encoding, body);
  writer.text("msgId", message_id);
  writer.end();
  return body;
}

base::Result<std::string> encode_carried(Encoding encoding, const messages::Carried& carried) {
  if (const auto* report = std::get_if<Report>(&carried)) return encode_report(encoding, *report);
  const Message& message = std::get<Message>(carried);
  if (!base::is_utf8(message.content))
    return fail(Errc::unsupported, "the content is no text; only a plain device can get it");
  std::string body;
  base::ObjectWriter writer(encoding, body);
  append_address(writer, encoding, message.from);
  writer.text("msgId", message.message_id);
  if (!message.application.empty()) writer.text("appId", message.application);
  if (message.wants_report) writer.json("delivStReqInd", "true");
  if (message.segment) append_segment(writer, encoding, *message.segment);
  writer.text("payload", message.content);
  writer.end();
  return body;
}

bool wants_plain(std::string_view info) {
  // Most devices say nothing of the kind, and what they say need not be parsed for it.
  if (info.find("\"format\"") == std::string_view::npos) return false;
  const auto value = base::parse_json(info, {});
  return value && base::text_member(*value, "format") == "plain";
}

}  // namespace msggw::payload
