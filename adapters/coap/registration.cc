// SPDX-License-Identifier: Apache-2.0
#include "adapters/coap/registration.h"

#include <charconv>
#include <limits>

#include "gateway/base/text.h"

namespace msggw::coap_adapter {

namespace {

/// What a device is told to wait where nobody knows better.
constexpr base::Duration kRetryLater{10'000};

std::optional<std::chrono::seconds> parse_lifetime(std::string_view text) {
  std::uint32_t seconds = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, seconds);
  if (error != std::errc{} || stop != end || seconds == 0) return std::nullopt;
  return std::chrono::seconds{seconds};
}

std::optional<payload::Encoding> encoding_of(std::uint16_t format) noexcept {
  if (format == coap::kFormatJson) return payload::Encoding::json;
  if (format == coap::kFormatCbor) return payload::Encoding::cbor;
  return std::nullopt;
}

coap::Code success_of(Operation operation) noexcept {
  switch (operation) {
    case Operation::register_device: return coap::Code::created;
    case Operation::refresh: return coap::Code::changed;
    case Operation::read: return coap::Code::content;
    case Operation::leave: return coap::Code::deleted;
  }
  return coap::Code::content;
}

}  // namespace

base::Result<RegistrationQuery> read_query(std::span<const std::string_view> queries) {
  RegistrationQuery read;
  bool has_endpoint = false;
  for (const std::string_view query : queries) {
    const auto equals = query.find('=');
    const auto name = query.substr(0, equals);
    const auto value =
        equals == std::string_view::npos ? std::string_view{} : query.substr(equals + 1);
    if (name == "ep") {
      if (std::exchange(has_endpoint, true))
        return base::fail(base::Errc::incorrect, "ep is given twice; give the Private ID once");
      if (value.empty())
        return base::fail(base::Errc::incorrect, "ep is empty; give the Private ID: ?ep=ID");
      read.private_id = value;
    } else if (name == "lt") {
      if (read.lifetime) return base::fail(base::Errc::incorrect, "lt is given twice");
      read.lifetime = parse_lifetime(value);
      if (!read.lifetime)
        return base::fail(base::Errc::incorrect, "lt is \"" + base::printable(value, 32) +
                                                     "\"; give seconds from 1 to 4294967295");
    } else if (name == "base") {
      if (!read.base.empty()) return base::fail(base::Errc::incorrect, "base is given twice");
      if (value.empty())
        return base::fail(base::Errc::incorrect, "base is empty; give coap://ADDRESS:PORT");
      read.base = value;
    } else if (name == "d" && !value.empty()) {
      return base::fail(base::Errc::incorrect,
                        "d (a sector) is not known here; make it part of ep, the Private ID");
    }
  }
  return read;
}

base::Result<Encodings> choose_encodings(const coap::Request& request, bool has_body) {
  Encodings chosen;
  chosen.links = request.content_format == coap::kFormatLinks;
  if (request.content_format && has_body && !chosen.links) {
    const auto format = encoding_of(*request.content_format);
    if (!format)
      return base::fail(base::Errc::unsupported,
                        "content-format " + std::to_string(*request.content_format) +
                            "; the body must be 50 (JSON), 60 (CBOR) or 40 (links)");
    chosen.body = *format;
  }
  const auto of_body = chosen.links ? std::nullopt : request.content_format;
  const auto wanted = request.accept ? request.accept : of_body;
  const auto answer = wanted ? encoding_of(*wanted) : std::optional(chosen.body);
  if (!answer && request.accept)
    return base::fail(base::Errc::incorrect, "accept " + std::to_string(*request.accept) +
                                                 "; answers are 50 (JSON) or 60 (CBOR)");
  chosen.answer = answer.value_or(payload::Encoding::json);
  return chosen;
}

std::uint16_t format_of(payload::Encoding encoding) noexcept {
  switch (encoding) {
    case payload::Encoding::json: return coap::kFormatJson;
    case payload::Encoding::cbor: return coap::kFormatCbor;
  }
  return coap::kFormatJson;
}

std::uint32_t max_age(base::Duration retry_after) noexcept {
  if (retry_after <= base::Duration{0}) retry_after = kRetryLater;
  return static_cast<std::uint32_t>(std::chrono::ceil<std::chrono::seconds>(retry_after).count());
}

base::Result<Encodings> choose_document(const coap::Request& request) {
  auto chosen = choose_encodings(request, true);
  if (chosen && chosen->links)
    return base::fail(base::Errc::unsupported,
                      "content-format 40; the body must be 50 (JSON) or 60 (CBOR)");
  return chosen;
}

coap::Code code_of(base::Errc code) noexcept {
  switch (code) {
    case base::Errc::malformed:
    case base::Errc::missing:
    case base::Errc::incorrect:
    case base::Errc::too_large: return coap::Code::bad_request;
    case base::Errc::unsupported: return coap::Code::unsupported_format;
    case base::Errc::unknown_device: return coap::Code::not_found;
    case base::Errc::refused: return coap::Code::forbidden;
    case base::Errc::overloaded:
    case base::Errc::unavailable: return coap::Code::unavailable;
    case base::Errc::storage: return coap::Code::internal_error;
  }
  return coap::Code::internal_error;
}

void describe_registration(core::DeviceNo device, const Asked& asked,
                           const core::Registrations& registrations, coap::Response& out) {
  const core::RegistrationView view = registrations.view(device, core::Bearer::coap);
  out.code = success_of(asked.operation);
  out.content_format = format_of(asked.encoding);
  out.payload = payload::encode_registration(asked.encoding, view);
  if (asked.operation == Operation::register_device)
    out.location = "rd/" + registrations.handle(device, asked.generation);
}

void describe(const core::Answer& answer, const Asked& asked,
              const core::Registrations& registrations, coap::Response& out) {
  const payload::Encoding encoding = asked.encoding;
  switch (answer.verdict) {
    case core::Verdict::provisioned:
      return describe_registration(answer.device, asked, registrations, out);
    case core::Verdict::pending: {
      const auto view = registrations.view(answer.device, core::Bearer::coap);
      out.code = coap::Code::unavailable;
      out.max_age_s = max_age(answer.retry_after);
      out.content_format = format_of(encoding);
      out.payload =
          payload::encode_pending(encoding, view.private_id, std::chrono::seconds{*out.max_age_s});
      return;
    }
    case core::Verdict::refused: {
      const auto view = registrations.view(answer.device, core::Bearer::coap);
      const std::string_view text = answer.error.detail;
      const auto colon = text.find(": ");
      const auto detail =
          colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 2);
      out.code = coap::Code::forbidden;
      out.content_format = format_of(encoding);
      out.payload =
          payload::encode_refused(encoding, view.private_id, text.substr(0, colon), detail);
      return;
    }
    case core::Verdict::deregistered: out.code = coap::Code::deleted; return;
    case core::Verdict::failed: {
      const coap::Code code = code_of(answer.error.code);
      const bool retry = code == coap::Code::unavailable;
      return coap::refuse(out, code, answer.error.detail,
                          retry ? std::optional(max_age(answer.retry_after)) : std::nullopt);
    }
  }
}

}  // namespace msggw::coap_adapter
