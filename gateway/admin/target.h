// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/base/result.h"
#include "gateway/core/ids.h"
#include "gateway/core/presence.h"

namespace msggw::admin {

/// What the path of a request to the operator's API names.
struct Target {
  enum class Kind {
    unknown,
    status,    ///< /api/v1/status
    removals,  ///< /api/v1/removals
    devices,   ///< /api/v1/devices
    device,    ///< /api/v1/devices/{privateId}
    suspend,   ///< .../suspend, and so on
    resume,
    reprovision,
    forget,
    why,
    alias,             ///< .../aliases/{alias}
    credentials,       ///< .../credentials
    credential,        ///< .../credentials/{number}
    credential_lists,  ///< /api/v1/credentials
    messages,          ///< /api/v1/messages
    message,           ///< /api/v1/messages/{number}
    message_removals,  ///< /api/v1/messages/removals
    trace,             ///< /api/v1/trace
    malformed          ///< broken percent-encoding
  };
  Kind kind = Kind::unknown;
  std::string private_id;  ///< decoded, not checked further
  std::string alias = {};  ///< the same
  std::uint64_t number = 0;
};

inline constexpr std::string_view kApi = "/api/";

/// Of a path without its query.
Target parse_target(std::string_view path);

/// The query of GET /api/v1/devices.
struct ListQuery {
  static constexpr std::size_t kMostLimit = 1'000;

  std::optional<core::DeviceState> state;
  std::optional<core::Presence> presence;  ///< over `bearer`, or over any
  std::optional<core::Bearer> bearer;      ///< something is known of it there
  std::size_t limit = 100;
  std::uint32_t first = 0;  ///< number of the first device that may be listed
};
/// incorrect: an unknown or repeated parameter, a value that is not allowed.
base::Result<ListQuery> parse_list_query(std::string_view query);

}  // namespace msggw::admin
