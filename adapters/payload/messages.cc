// SPDX-License-Identifier: Apache-2.0
#include "adapters/payload/messages.h"

#include <array>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <limits>
#include <utility>

#include "adapters/elements/elements.h"
#include "gateway/base/text.h"

namespace msggw::payload {

namespace {

using base::Errc;
using elements::Members;
using elements::Need;
using elements::Wrong;
using messages::Answer;
using messages::Message;
using messages::Priority;
using messages::Refusal;
using messages::Report;
using messages::SendRequest;

/// By Priority.
constexpr std::array<std::string_view, messages::kPriorities> kPriorityWords{"HIGH", "MIDDLE",
                                                                             "LOW"};

Refusal refusal(Errc code, std::string detail) {
  return {{code, std::move(detail)}, cause_of(code), {}};
}

Refusal refusal_of(elements::Faults faults) {
  const Wrong wrong = faults.gravest();
  std::string detail = std::move(faults).take().front().sentence();
  switch (wrong) {
    case Wrong::missing: return refusal(Errc::missing, std::move(detail));
    case Wrong::incorrect: return refusal(Errc::incorrect, std::move(detail));
    case Wrong::optional_incorrect:
      return {{Errc::incorrect, std::move(detail)}, "OPTIONAL_IE_INCORRECT", {}};
    case Wrong::address_type:
      return {{Errc::refused, std::move(detail)}, "ADDR_TYPE_NOT_SUPPORTED", {}};
    case Wrong::delivery_status:
      return {{Errc::refused, std::move(detail)}, "DELIVERY_STATUS_NOT_SUPPORTED", {}};
  }
  return refusal(Errc::incorrect, std::move(detail));
}

/// Reads one object by `read`, which is given its members.
template <class Body, class Read>
Checked<Body> parse(Encoding encoding, std::string_view octets, std::size_t most_octets,
                    Read&& read) {
  const auto refused = [](std::string message_id, Refusal why) {
    return tl::unexpected(Answer{{}, std::move(message_id), std::move(why)});
  };
  unsigned char room[elements::kParseRoom];
  boost::json::monotonic_resource memory(room, sizeof room);
  auto value =
      base::parse_document(encoding, octets, elements::document_limits(most_octets), &memory);
  if (!value) {
    const bool too_large = octets.size() > most_octets;
    return refused({}, refusal(too_large ? Errc::too_large : Errc::malformed,
                               std::move(value.error().detail)));
  }
  if (!value->is_object())
    return refused({}, refusal(Errc::malformed, "the body is not an object"));
  elements::Faults faults(1);
  Members members(*value, "", faults);
  Body body = read(members);
  if (!faults.none()) return refused(std::move(body.message_id), refusal_of(std::move(faults)));
  return body;
}

Priority read_priority(Members& members) {
  constexpr std::size_t kMostWordOctets = 32;
  const std::string word = members.line("priority", Need::optional, kMostWordOctets);
  if (word.empty()) return Priority::normal;
  for (std::size_t i = 0; i < messages::kPriorities; ++i) {
    if (word == kPriorityWords[i]) return static_cast<Priority>(i);
  }
  members.incorrect("priority", Need::optional, "is none of HIGH, MIDDLE, LOW");
  return Priority::normal;
}

std::string encode_report(Encoding encoding, const Report& report) {
  std::string body;
  base::ObjectWriter writer(encoding, body);
  elements::append_address(writer, "oriAddr", report.from);
  writer.text("msgId", report.message_id);
  elements::append_outcome(writer, report);
  writer.end();
  return body;
}

}  // namespace

Checked<SendRequest> parse_message(Encoding encoding, std::string_view body,
                                   std::size_t most_octets) {
  return parse<SendRequest>(encoding, body, most_octets, [](Members& members) {
    SendRequest read;
    read.to = elements::read_address(members, "destAddr", Need::optional);
    read.message_id = members.line("msgId", Need::optional, elements::kMostMessageIdOctets);
    read.application = members.line("appId", Need::optional, elements::kMostApplicationOctets);
    read.wants_report = members.flag("delivStReqInd").value_or(false);
    read.content = members.text("payload", Need::optional).value_or("");
    read.priority = read_priority(members);
    if (const auto lifetime = members.number("lifetime", Need::optional, 1,
                                             std::numeric_limits<std::uint32_t>::max()))
      read.lifetime = std::chrono::seconds{*lifetime};
    return read;
  });
}

Checked<ReportBody> parse_report(Encoding encoding, std::string_view body,
                                 std::size_t most_octets) {
  return parse<ReportBody>(encoding, body, most_octets, [](Members& members) {
    ReportBody read;
    read.message_id = members.line("msgId", Need::mandatory, elements::kMostMessageIdOctets);
    read.delivered = elements::read_delivered(members);
    read.failure_cause =
        members.line("failureCause", Need::optional, elements::kMostFailureCauseOctets);
    return read;
  });
}

bool is_line(std::string_view text, std::size_t most_octets) noexcept {
  return text.size() <= most_octets && base::is_utf8(text) && !base::has_control(text);
}

std::string encode_accepted(Encoding encoding, std::string_view message_id) {
  std::string body;
  base::ObjectWriter writer(encoding, body);
  writer.text("msgId", message_id);
  writer.end();
  return body;
}

std::string encode_ack(Encoding encoding, const Answer& answer) {
  std::string body;
  base::ObjectWriter writer(encoding, body);
  if (!answer.message_id.empty()) writer.text("msgId", answer.message_id);
  writer.text("state", answer.refusal ? "refused" : "accepted");
  if (answer.refusal) {
    writer.text("cause", answer.refusal->cause);
    writer.text("detail", answer.refusal->error.detail);
    const auto after = std::chrono::ceil<std::chrono::seconds>(answer.refusal->retry_after);
    if (after.count() > 0) writer.number("retryAfter", static_cast<std::uint64_t>(after.count()));
  }
  writer.end();
  return body;
}

base::Result<std::string> encode_carried(Encoding encoding, const messages::Carried& carried) {
  if (const auto* report = std::get_if<Report>(&carried)) return encode_report(encoding, *report);
  const Message& message = std::get<Message>(carried);
  if (!base::is_utf8(message.content))
    return base::fail(Errc::unsupported, "the content is no text; only a plain device can get it");
  std::string body;
  body.reserve(192 + message.content.size());
  base::ObjectWriter writer(encoding, body);
  elements::append_address(writer, "oriAddr", message.from);
  writer.text("msgId", message.message_id);
  if (!message.application.empty()) writer.text("appId", message.application);
  if (message.wants_report) writer.json("delivStReqInd", "true");
  if (message.segment) elements::append_segment(writer, *message.segment);
  writer.text("payload", message.content);
  writer.end();
  return body;
}

}  // namespace msggw::payload
