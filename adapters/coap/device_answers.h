// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "adapters/wire/coap/message.h"
#include "gateway/messages/header.h"

namespace msggw::coap_adapter {

// What a device says that answers what it is brought, a push or a notification, with an error (RFC
// 7252 5.9).

inline bool is_error(coap::Code code) noexcept {
  return class_of(code) == 4 || class_of(code) == 5;
}

/// Why the message fails: the device says no to this one. None: it says no to being brought any
/// now.
inline std::optional<messages::Cause> cause_of(coap::Code code) noexcept {
  switch (code) {
    case coap::Code::not_acceptable:
    case coap::Code::unsupported_format: return messages::Cause::unsupported_content;
    case coap::Code::too_large: return messages::Cause::payload_too_large;
    case coap::Code::bad_request:
    case coap::Code::unprocessable: return messages::Cause::refused;
    default: return std::nullopt;
  }
}

/// Whether it is to come again later, for as long as it lives; else it comes a few times.
inline bool says_later(coap::Code code) noexcept {
  return code == coap::Code::unavailable || code == coap::Code::too_many_requests;
}

}  // namespace msggw::coap_adapter
