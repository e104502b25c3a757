// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/result.h"
#include "gateway/core/device.h"
#include "gateway/roster/credential_rows.h"

namespace msggw::roster {

/// All that a device is, as a line of `msggw export`: its row but for its number, its generation
/// and who observes it, which mean something to the gateway that it is of alone.
struct DeviceLine {
  /// Times of the process; `device.profile` and `device.source` say nothing.
  core::StoredDevice stored{};
  std::optional<core::ServiceProfile> profile{};
  std::string source{};                      ///< core::SourceMarks::name_of()
  std::vector<CredentialRow> credentials{};  ///< without a Private ID
};

/// One JSON object, without a line feed.
void append_device_line(std::string& out, const DeviceLine& line);

/// malformed: no JSON object. missing, incorrect: the member that the detail names; also a Private
/// ID that is not canonical, and a member that no export has.
base::Result<DeviceLine> parse_device_line(std::string_view text);

}  // namespace msggw::roster
