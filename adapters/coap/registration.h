// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "adapters/payload/bodies.h"
#include "adapters/wire/coap/message.h"
#include "adapters/wire/coap/server.h"
#include "gateway/base/clock.h"
#include "gateway/base/result.h"
#include "gateway/core/registrations.h"

namespace msggw::coap_adapter {

/// What a device asks of its registration.
enum class Operation : std::uint8_t { register_device, refresh, read, leave };

/// The query of a registration or refresh (RFC 9176 5). Other parameters (et, lwm2m, ...) are
/// allowed and mean nothing here. Points into the request.
struct RegistrationQuery {
  std::string_view
      private_id;  ///< the Private ID as the device spelt it, not yet judged; empty: none was given
  std::optional<std::chrono::seconds> lifetime;
  std::string_view base;  ///< as read_base() takes it; empty: none was given
};

/// incorrect: ep, lt or base twice, an empty ep or base, an lt that is no number from 1 to
/// 4294967295, or a sector (d), which would be part of the endpoint's name: a Private ID has none,
/// and without it two endpoints would be one device.
base::Result<RegistrationQuery> read_query(std::span<const std::string_view> queries);

/// How the body of a request is written and how its answer is to be: Accept, else as the request,
/// else JSON.
struct Encodings {
  payload::Encoding body = payload::Encoding::json;
  payload::Encoding answer = payload::Encoding::json;
  bool links = false;  ///< the body is application/link-format (RFC 6690), as RFC 9176 5 has it
};
/// incorrect: an Accept that we cannot serve (4.06); unsupported: a body in another format (4.15).
base::Result<Encodings> choose_encodings(const coap::Request& request, bool has_body);

/// The same for a body that must be a document: links are `unsupported`.
base::Result<Encodings> choose_document(const coap::Request& request);

/// The Content-Format of an encoding.
std::uint16_t format_of(payload::Encoding encoding) noexcept;
/// What a device is told to wait, in seconds; where nobody knows better (0 or less), ten.
std::uint32_t max_age(base::Duration retry_after) noexcept;

/// The response code for a reason of the core. Codecs use the same table, except for their own
/// `too_large`.
coap::Code code_of(base::Errc code) noexcept;

/// What an answer must know of its request.
struct Asked {
  Operation operation = Operation::read;
  payload::Encoding encoding = payload::Encoding::json;
  std::uint32_t generation = 0;  ///< of register_device: that of the handle to be told
};

/// The response for the core's answer.
void describe(const core::Answer& answer, const Asked& asked,
              const core::Registrations& registrations, coap::Response& out);
/// 2.05, or the code that the operation gives, with the registration of `device`.
void describe_registration(core::DeviceNo device, const Asked& asked,
                           const core::Registrations& registrations, coap::Response& out);

}  // namespace msggw::coap_adapter
