// SPDX-License-Identifier: Apache-2.0
#include "adapters/coap/message_requests.h"

#include <charconv>

#include "adapters/coap/registration.h"
#include "gateway/base/text.h"

namespace msggw::coap_adapter {

namespace {

constexpr std::size_t kAfterDigits = 16;
constexpr std::uint64_t kLowHalf = 0xFFFF'FFFF;

std::uint64_t after_of(const core::Registrations& registrations, core::DeviceNo device,
                       std::uint64_t number) {
  return (number & kLowHalf) << 32 | registrations.tag(device, number);
}

coap::Code code_of(const messages::Refusal& refusal) {
  if (refusal.cause == "MSG_ID_REUSED") return coap::Code::conflict;
  // Of this device alone: others are taken (RFC 8516).
  if (refusal.cause == "DEVICE_QUEUE_FULL") return coap::Code::too_many_requests;
  if (refusal.error.code == base::Errc::too_large) return coap::Code::too_large;
  return coap_adapter::code_of(refusal.error.code);
}

}  // namespace

std::uint16_t format_of(View view) noexcept {
  switch (view) {
    case View::json: return coap::kFormatJson;
    case View::cbor: return coap::kFormatCbor;
    case View::text: return coap::kFormatText;
    case View::octets: return coap::kFormatOctets;
  }
  return coap::kFormatJson;
}

base::Result<View> choose_view(const coap::Request& request, bool registered_plain) {
  if (!request.accept) return registered_plain ? View::octets : View::json;
  for (const View view : {View::json, View::cbor, View::text, View::octets}) {
    if (*request.accept == format_of(view)) return view;
  }
  return base::fail(base::Errc::incorrect,
                    "accept " + std::to_string(*request.accept) +
                        "; messages are 50 (JSON) or 60 (CBOR), plain ones 0 or 42");
}

base::Result<payload::Encoding> choose_answer(const coap::Request& request) {
  const std::uint16_t accept = request.accept.value_or(coap::kFormatJson);
  if (accept == coap::kFormatJson) return payload::Encoding::json;
  if (accept == coap::kFormatCbor) return payload::Encoding::cbor;
  return base::fail(base::Errc::incorrect,
                    "accept " + std::to_string(accept) + "; the answer is 50 (JSON) or 60 (CBOR)");
}

base::Result<std::string_view> read_parameter(std::span<const std::string_view> queries,
                                              std::string_view name) {
  std::string_view read;
  for (const std::string_view query : queries) {
    const auto equals = query.find('=');
    if (query.substr(0, equals) != name) continue;
    if (!read.empty())
      return base::fail(base::Errc::incorrect, std::string(name) + " is given twice");
    if (equals != std::string_view::npos) read = query.substr(equals + 1);
    if (read.empty()) return base::fail(base::Errc::incorrect, std::string(name) + " is empty");
  }
  return read;
}

std::string origin_of(const coap::Request& request) {
  std::string origin{static_cast<char>(request.mid >> 8), static_cast<char>(request.mid)};
  return origin.append(request.token.view());
}

std::string claim_of(const coap::Request& request) {
  const coap::Peer& peer = request.peer;
  std::string claim(peer.address.begin(), peer.address.end());
  for (const std::uint32_t number : {peer.scope, std::uint32_t{peer.port}})
    for (int shift = 24; shift >= 0; shift -= 8) claim += static_cast<char>(number >> shift);
  return claim.append(origin_of(request)).append(request.content);
}

std::string etag_of(const core::Registrations& registrations, core::DeviceNo device,
                    messages::MessageNo no) {
  const std::uint64_t after = after_of(registrations, device, messages::number(no));
  std::string octets;
  for (int shift = 56; shift >= 0; shift -= 8) octets += static_cast<char>(after >> shift);
  return octets;
}

std::optional<messages::MessageNo> read_after(std::string_view after,
                                              const core::Registrations& registrations,
                                              core::DeviceNo device, messages::MessageNo next) {
  if (after.starts_with("0x")) after.remove_prefix(2);  // as coap-client prints it
  std::uint64_t told = 0;
  const char* const end = after.data() + after.size();
  const auto [stop, error] = std::from_chars(after.data(), end, told, 16);
  if (after.size() != kAfterDigits || error != std::errc{} || stop != end) return std::nullopt;
  const std::uint64_t near = (messages::number(next) & ~kLowHalf) | told >> 32;
  const std::uint64_t below = near > kLowHalf ? near - kLowHalf - 1 : near;
  for (const std::uint64_t number : {near, below}) {
    if (after_of(registrations, device, number) == told) return messages::MessageNo{number};
  }
  return std::nullopt;
}

std::optional<std::string> write(const messages::Carried& carried, View view) {
  if (view == View::json || view == View::cbor) {
    const auto encoding = view == View::json ? payload::Encoding::json : payload::Encoding::cbor;
    auto body = payload::encode_carried(encoding, carried);
    return body ? std::optional(*std::move(body)) : std::nullopt;
  }
  const auto* message = std::get_if<messages::Message>(&carried);
  return message == nullptr ? std::nullopt : std::optional(message->content);
}

void describe(const messages::Refusal& refusal, coap::Response& out) {
  const coap::Code code = code_of(refusal);
  const bool again = code == coap::Code::unavailable || code == coap::Code::too_many_requests;
  coap::refuse(out, code, std::string(refusal.cause) + ": " + refusal.error.detail,
               again ? std::optional(max_age(refusal.retry_after)) : std::nullopt);
}

}  // namespace msggw::coap_adapter
