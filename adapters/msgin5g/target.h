// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "adapters/msgin5g/options.h"
#include "gateway/messages/message.h"

namespace msggw::msgin5g {

/// As which Message Gateway this one is spoken to (TS 23.554 5.2).
enum class Role : std::uint8_t { legacy_3gpp, non_3gpp };

/// "msgg-l3gdelivery", "msgg-n3gdelivery": the name of the API, which is the scope of its tokens.
std::string_view api_of(Role role) noexcept;

/// What a MSGin5G Server asks for.
enum class Operation : std::uint8_t {
  l3g_message,
  l3g_report,
  n3g_message,
  n3g_report,
  none,  ///< nothing that is served here
};
inline constexpr std::size_t kOperations = 5;

/// "l3g_message", ..., "none".
std::string_view name_of(Operation operation) noexcept;
/// Requires an operation that is one.
Role role_of(Operation operation) noexcept;

struct Target {
  Operation operation = Operation::none;
  bool wrong_version = false;  ///< an API that is known, in another version than 1
};

/// What a path names (TS 29.538 6.2.2, 6.3.2). The API of a role that is switched off is unknown.
Target target_of(std::string_view path, const FaceOptions& options) noexcept;

/// The priority that 3gpp-Sbi-Message-Priority stands for (TS 29.500 5.2.3.2.2, 0 is the highest):
/// up to 15 high, up to 24 normal, up to 31 low. None: no such number.
std::optional<messages::Priority> priority_of(std::string_view value) noexcept;
/// The number that is sent for a priority, which priority_of() reads as the same; empty: none need
/// be.
std::string_view sbi_priority_of(messages::Priority priority) noexcept;

}  // namespace msggw::msgin5g
