// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "gateway/core/ids.h"

namespace msggw::tester {

/// By which protocol a request came. The names are those of the URI's scheme.
enum class Channel : std::uint8_t { http, https, coap, coaps, coap_tcp, coaps_tcp };
std::string_view name_of(Channel channel) noexcept;
std::optional<Channel> channel_of(std::string_view name) noexcept;

/// What a request wants.
enum class Operation : std::uint8_t { provision, bulk, message, read, release, other };
/// "provision", "bulk", "message" (a provisioning request in a MSGin5G message), "read", "release",
/// "other" (another path or method, or a body that cannot be read).
std::string_view name_of(Operation operation) noexcept;
std::optional<Operation> operation_of(std::string_view name) noexcept;

/// One endpoint that a request is about; a bulk request has several.
struct Subject {
  std::string_view private_id{};  ///< canonical text; as sent if it is no Private ID; or empty
  std::optional<core::UeType> ue_type{};
};

/// A request as it came in. Valid during the call it is given to.
struct Seen {
  Channel channel{};
  Operation operation = Operation::other;
  std::string_view gateway{};  ///< who asks, as far as it is proven; or empty
  std::span<const Subject> subjects{};
};

}  // namespace msggw::tester
