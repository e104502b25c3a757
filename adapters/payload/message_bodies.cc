// SPDX-License-Identifier: Apache-2.0
#include "adapters/payload/message_bodies.h"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <limits>
#include <utility>

#include "gateway/base/text.h"

namespace msggw::payload {

namespace {

using base::Errc;
using messages::Address;
using messages::Answer;
using messages::Message;
using messages::Priority;

constexpr std::size_t kParseRoom = 4'096;
constexpr std::size_t kMostWordOctets = 64;
/// Of a body beside its content; base64 and escapes within reason take as much as the content.
constexpr std::size_t kFrameOctets = 4'096;
constexpr std::string_view kDelivered = "REPT_DELY_SUCCESS";
constexpr std::string_view kFailed = "REPT_DELY_FAILED";

/// By messages::Priority.
constexpr std::string_view kPriorities[]{"HIGH", "MIDDLE", "LOW"};

enum class Need { mandatory, optional };

/// A body while it is read: the first fault is kept, and what cannot be read comes back empty.
class Reading {
 public:
  Reading(Encoding encoding, std::string_view body, std::size_t most_octets)
      : value_(base::parse_document(
            encoding, body, {.octets = most_octets, .depth = 16, .items = 1'024}, &memory_)) {
    if (!value_) {
      const bool too_large = value_.error().code == Errc::too_large;
      note(too_large ? Errc::too_large : Errc::malformed, {}, value_.error().detail);
    } else if (!value_->is_object()) {
      note(Errc::malformed, {}, "the body is not an object");
    }
  }

  const boost::json::value* root() const noexcept { return value_ ? &*value_ : nullptr; }

  /// An empty `cause`: that of the code. The first counts.
  void note(Errc code, std::string_view cause, std::string detail) {
    if (!refusal_)
      refusal_ = {{code, std::move(detail)}, cause.empty() ? cause_of(code) : cause, {}};
  }
  void incorrect(Need need, const std::string& pointer, std::string_view reason) {
    const bool optional = need == Need::optional;
    note(Errc::incorrect, optional ? "OPTIONAL_IE_INCORRECT" : "",
         pointer + ' ' + std::string(reason));
  }

  bool good() const noexcept { return !refusal_; }
  tl::unexpected<Answer> refused(std::string message_id) {
    return tl::unexpected(Answer{{}, std::move(message_id), std::move(refusal_)});
  }

 private:
  unsigned char room_[kParseRoom];
  boost::json::monotonic_resource memory_{room_, sizeof room_};
  base::Result<boost::json::value> value_;
  std::optional<messages::Refusal> refusal_;
};

/// The members of one object of a body; none of them, if it is not there.
class Members {
 public:
  Members(Reading& reading, const boost::json::value* object, std::string pointer)
      : reading_(reading), object_(object), pointer_(std::move(pointer)) {}

  /// Any text, as long as the value lives.
  std::string_view text(std::string_view name, Need need, std::size_t most_octets) {
    const auto* const value = find(name, need);
    if (value == nullptr) return {};
    const auto text = base::text_of(*value);
    if (!text) return wrong(name, need, "is not a string"), std::string_view{};
    if (text->size() > most_octets)
      return wrong(name, need, "has more than " + std::to_string(most_octets) + " octets"),
             std::string_view{};
    return *text;
  }
  /// One line: no control characters; not empty where it is mandatory.
  std::string line(std::string_view name, Need need, std::size_t most_octets) {
    const bool is_there = object_ != nullptr && base::member(*object_, name) != nullptr;
    const std::string_view found = text(name, need, most_octets);
    if (is_there && found.empty() && need == Need::mandatory) wrong(name, need, "is empty");
    if (base::has_control(found)) return wrong(name, need, "holds control characters"), "";
    return std::string(found);
  }
  bool flag(std::string_view name) {
    const auto* const value = find(name, Need::optional);
    if (value == nullptr) return false;
    if (!value->is_bool()) return wrong(name, Need::optional, "is neither true nor false"), false;
    return value->get_bool();
  }
  /// From 1 on.
  std::optional<std::uint32_t> number(std::string_view name) {
    const auto* const value = find(name, Need::optional);
    if (value == nullptr) return std::nullopt;
    constexpr std::int64_t kMost = std::numeric_limits<std::uint32_t>::max();
    const auto* const whole = value->if_int64();
    if (whole == nullptr || *whole < 1 || *whole > kMost)
      return wrong(name, Need::optional, "is no whole number from 1 to 4294967295"), std::nullopt;
    return static_cast<std::uint32_t>(*whole);
  }
  std::optional<Members> object(std::string_view name) {
    const auto* const value = find(name, Need::optional);
    if (value == nullptr) return std::nullopt;
    if (!value->is_object()) return wrong(name, Need::mandatory, "is not an object"), std::nullopt;
    return Members(reading_, value, pointer_to(name));
  }
  void wrong(std::string_view name, Need need, std::string_view reason) {
    reading_.incorrect(need, pointer_to(name), reason);
  }
  std::string pointer_to(std::string_view name) const { return pointer_ + '/' + std::string(name); }

 private:
  const boost::json::value* find(std::string_view name, Need need) {
    const auto* const value = object_ == nullptr ? nullptr : base::member(*object_, name);
    if (value == nullptr && need == Need::mandatory)
      reading_.note(Errc::missing, {}, pointer_to(name) + " is missing");
    return value;
  }

  Reading& reading_;
  const boost::json::value* object_;
  std::string pointer_;
};

std::optional<Address> read_recipient(Members& body, Reading& reading) {
  auto members = body.object("destAddr");
  if (!members) return std::nullopt;
  const std::string type = members->line("addrType", Need::mandatory, kMostWordOctets);
  Address address;
  address.address = members->line("addr", Need::mandatory, kMostAddressOctets);
  const auto known = messages::address_type_of(type);
  if (!known && !type.empty())
    reading.note(Errc::refused, "ADDR_TYPE_NOT_SUPPORTED",
                 members->pointer_to("addrType") + " is none of UE, AS, GROUP, BC, TOPIC");
  address.type = known.value_or(messages::AddressType::ue);
  return address;
}

Priority read_priority(Members& body) {
  const std::string word = body.line("priority", Need::optional, kMostWordOctets);
  if (word.empty()) return Priority::normal;
  for (std::size_t i = 0; i < messages::kPriorities; ++i) {
    if (word == kPriorities[i]) return static_cast<Priority>(i);
  }
  body.wrong("priority", Need::optional, "is none of HIGH, MIDDLE, LOW");
  return Priority::normal;
}

void write_address(base::ObjectWriter& writer, Encoding encoding, std::string_view key,
                   const Address& address) {
  std::string nested;
  base::ObjectWriter inner(encoding, nested);
  inner.text("addrType", messages::name_of(address.type));
  inner.text("addr", address.address);
  inner.end();
  writer.document(key, nested);
}

}  // namespace

Checked<SendBody> parse_send(Encoding encoding, std::string_view body,
                             std::size_t max_content_octets) {
  Reading reading(encoding, body, 2 * max_content_octets + kFrameOctets);
  Members members(reading, reading.root(), "");
  SendBody result;
  result.message_id = members.line("msgId", Need::optional, kMostMessageIdOctets);
  result.to = read_recipient(members, reading);
  result.application = members.line("appId", Need::optional, kMostApplicationOctets);
  result.wants_report = members.flag("delivStReqInd");
  result.priority = read_priority(members);
  if (const auto lifetime = members.number("lifetime")) result.lifetime.emplace(*lifetime);
  const auto payload = members.text("payload", Need::optional, std::string_view::npos);
  if (payload.size() > max_content_octets)
    reading.note(Errc::too_large, {},
                 "/payload has more than " + std::to_string(max_content_octets) + " octets");
  if (!reading.good()) return reading.refused(std::move(result.message_id));
  result.content = payload;
  return result;
}

Checked<ReportBody> parse_report(Encoding encoding, std::string_view body) {
  Reading reading(encoding, body, kFrameOctets);
  Members members(reading, reading.root(), "");
  ReportBody result;
  result.message_id = members.line("msgId", Need::mandatory, kMostMessageIdOctets);
  const std::string status = members.line("delivSt", Need::mandatory, kMostWordOctets);
  result.failure_cause = members.line("failureCause", Need::optional, kMostFailureCauseOctets);
  result.delivered = status == kDelivered;
  if (!result.delivered && status != kFailed)
    reading.note(Errc::refused, "DELIVERY_STATUS_NOT_SUPPORTED",
                 "/delivSt is neither REPT_DELY_SUCCESS nor REPT_DELY_FAILED");
  if (!reading.good()) return reading.refused(std::move(result.message_id));
  return result;
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

base::Result<std::string> encode_message(Encoding encoding, const Message& message,
                                         bool wants_report) {
  if (!base::is_utf8(message.content))
    return base::fail(Errc::unsupported, "the content is no UTF-8, which a string cannot carry");
  std::string body;
  body.reserve(192 + message.content.size());
  base::ObjectWriter writer(encoding, body);
  write_address(writer, encoding, "oriAddr", message.from);
  if (!message.application.empty()) writer.text("appId", message.application);
  writer.text("msgId", message.message_id);
  if (wants_report) writer.json("delivStReqInd", "true");
  if (!message.content.empty()) writer.text("payload", message.content);
  writer.end();
  return body;
}

std::string encode_report(Encoding encoding, const messages::Report& report) {
  std::string body;
  base::ObjectWriter writer(encoding, body);
  writer.text("msgId", report.message_id);
  writer.text("delivSt", report.delivered ? kDelivered : kFailed);
  if (!report.failure_cause.empty()) writer.text("failureCause", report.failure_cause);
  write_address(writer, encoding, "oriAddr", report.from);
  writer.end();
  return body;
}

}  // namespace msggw::payload
