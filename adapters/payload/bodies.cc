// SPDX-License-Identifier: Apache-2.0
#include "adapters/payload/bodies.h"

#include <algorithm>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "gateway/base/text.h"

namespace msggw::payload {

namespace {

using base::Errc;
using base::fail;

constexpr std::size_t kParseRoom = 4'096;
/// A body with white space and escapes may be longer than the compact text it stands for, within
/// reason.
constexpr std::size_t kBodyPerCompactOctet = 4;

void write_lifetime(base::ObjectWriter& writer, const core::Binding& binding) {
  if (!binding.alive() || binding.until_s == core::Binding::kForever) return;
  writer.number("lifetime", binding.lifetime_s);
}

void write_private_id(base::ObjectWriter& writer, std::string_view private_id) {
  if (!private_id.empty()) writer.text("privateId", private_id);
}

}  // namespace

base::Result<RegisterBody> parse_register(Encoding encoding, std::string_view body,
                                          std::size_t max_info_octets) {
  if (body.empty()) return RegisterBody{};
  const base::DocumentLimits limits{
      .octets = max_info_octets * kBodyPerCompactOctet, .depth = 16, .items = 4'096};
  unsigned char room[kParseRoom];
  boost::json::monotonic_resource memory(room, sizeof room);
  auto value = base::parse_document(encoding, body, limits, &memory);
  if (!value) {
    // A device hears whether to mend its body or to shorten it; CBOR without a JSON value is to be
    // mended.
    const bool too_large = value.error().code == Errc::too_large;
    return fail(too_large ? Errc::too_large : Errc::malformed, std::move(value.error().detail));
  }
  const auto* object = value->if_object();
  if (object == nullptr) return fail(Errc::malformed, "the body is not an object");
  RegisterBody result;
  if (!object->empty()) base::append_json(result.info, *value);
  const auto* const reports = object->if_contains("reports");
  result.manner = {.plain = base::text_member(*value, "format") == "plain",
                   .reports = reports != nullptr && reports->is_bool() && reports->get_bool()};
  if (result.info.size() > max_info_octets) {
    return fail(Errc::too_large, "the information has more than " +
                                     std::to_string(max_info_octets) + " octets as compact JSON");
  }
  return result;
}

base::Result<RegisterBody> parse_links(std::string_view body, std::size_t max_info_octets) {
  if (!body.starts_with('<') || !base::is_utf8(body))
    return fail(Errc::malformed, "the body is no list of links (RFC 6690)");
  RegisterBody result;
  base::ObjectWriter writer(Encoding::json, result.info);
  writer.text("links", body);
  writer.end();
  if (result.info.size() > max_info_octets) result.info.clear();
  return result;
}

std::string encode_registration(Encoding encoding, const core::RegistrationView& view) {
  std::string body;
  body.reserve(192 + view.private_id.size() + view.service_id.size() +
               (view.profile == nullptr ? 0 : view.profile->service_info.size()));
  base::ObjectWriter writer(encoding, body);
  write_private_id(writer, view.private_id);
  if (!view.service_id.empty()) writer.text("serviceId", view.service_id);
  if (view.profile != nullptr) {
    writer.texts("serverServiceIds", view.profile->server_service_ids);
    if (!view.profile->service_info.empty()) writer.json("serviceInfo", view.profile->service_info);
  }
  write_lifetime(writer, view.binding);
  if (!view.push_target.empty()) writer.text("base", view.push_target);
  writer.text("state", core::name_of(view.state));
  writer.end();
  return body;
}

std::string encode_pending(Encoding encoding, std::string_view private_id,
                           std::chrono::seconds retry_after) {
  std::string body;
  base::ObjectWriter writer(encoding, body);
  write_private_id(writer, private_id);
  writer.text("state", "pending");
  writer.number("retryAfter",
                static_cast<std::uint64_t>(std::max<std::int64_t>(retry_after.count(), 0)));
  writer.end();
  return body;
}

std::string encode_refused(Encoding encoding, std::string_view private_id, std::string_view cause,
                           std::string_view detail) {
  std::string body;
  base::ObjectWriter writer(encoding, body);
  write_private_id(writer, private_id);
  writer.text("state", "refused");
  writer.text("cause", cause);
  writer.text("detail", detail);
  writer.end();
  return body;
}

std::string encode_deregistered(Encoding encoding, std::string_view private_id) {
  std::string body;
  base::ObjectWriter writer(encoding, body);
  write_private_id(writer, private_id);
  writer.text("state", "deregistered");
  writer.end();
  return body;
}

std::string_view cause_of(base::Errc code) noexcept {
  switch (code) {
    case Errc::malformed: return "INVALID_MSG_FORMAT";
    case Errc::missing: return "MANDATORY_IE_MISSING";
    case Errc::incorrect: return "MANDATORY_IE_INCORRECT";
    case Errc::too_large: return "PAYLOAD_TOO_LARGE";
    case Errc::unsupported: return "UNSUPPORTED_MEDIA_TYPE";
    case Errc::unknown_device: return "CONTEXT_NOT_FOUND";
    case Errc::refused: return "POLICY_DENIED";
    case Errc::overloaded: return "NF_CONGESTION";
    case Errc::unavailable: return "UPSTREAM_UNAVAILABLE";
    case Errc::storage: return "INSUFFICIENT_RESOURCES";
  }
  return "UNSPECIFIED_NF_FAILURE";
}

}  // namespace msggw::payload
