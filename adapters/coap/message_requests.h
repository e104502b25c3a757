// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "adapters/payload/messages.h"
#include "adapters/wire/coap/message.h"
#include "gateway/base/result.h"
#include "gateway/core/registrations.h"
#include "gateway/messages/header.h"
#include "gateway/messages/outbox.h"

namespace msggw::coap_adapter {

/// How a device sees its inbox: structured, or the content alone, labelled with the format that it
/// asked for.
enum class View : std::uint8_t { json, cbor, text, octets };

/// The Content-Format of a view.
std::uint16_t format_of(View view) noexcept;

/// By Accept: 50 and 60 are structured, 0 and 42 plain; else as the device registered. incorrect:
/// another Accept (4.06).
base::Result<View> choose_view(const coap::Request& request, bool registered_plain);

/// The encoding of an answer to a request whose body is no document: Accept, else JSON. incorrect:
/// another Accept (4.06).
base::Result<payload::Encoding> choose_answer(const coap::Request& request);

/// The parameter `name` of a query, which may have others; empty: it is absent. incorrect: it comes
/// twice or has no value. Points into the request.
base::Result<std::string_view> read_parameter(std::span<const std::string_view> queries,
                                              std::string_view name);

/// EXCHANGE_LIFETIME (RFC 7252 4.8.2): a device may use a Message ID again after it.
inline constexpr std::chrono::seconds kExchangeLifetime{247};

/// The same for every repetition of a request, and for no other of the device within the lifetime
/// of an exchange: its Message ID and token (RFC 7252 4.4, 5.3.1).
std::string origin_of(const coap::Request& request);
/// The same for every repetition of a request, and for no other of anybody within that time.
std::string claim_of(const coap::Request& request);

/// The number under which a device is given a message, as an ETag of 8 octets: the low half of the
/// message's number and a tag that nobody else can make for this device. Good over restarts.
std::string etag_of(const core::Registrations& registrations, core::DeviceNo device,
                    messages::MessageNo no);
/// `after=` has that ETag in 16 hexadecimal digits. None: it was never given to this device. `next`
/// is the number of the next message, near which those that live are.
std::optional<messages::MessageNo> read_after(std::string_view after,
                                              const core::Registrations& registrations,
                                              core::DeviceNo device, messages::MessageNo next);

/// The body of a delivery. None: it cannot be written so: content that is no text where it is to be
/// structured, or a report for a device that gets plain content.
std::optional<std::string> write(const messages::Carried& carried, View view);

/// The response to a message that is not taken: "CAUSE: detail"; with Max-Age where it may be sent
/// again.
void describe(const messages::Refusal& refusal, coap::Response& out);

}  // namespace msggw::coap_adapter
