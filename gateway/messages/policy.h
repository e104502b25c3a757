// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/result.h"
#include "gateway/core/device.h"
#include "gateway/messages/message.h"

namespace msggw::messages {

/// Where devices may send, and where what names no recipient goes.
struct Policy {
  std::vector<AddressType> recipients{AddressType::ue, AddressType::as, AddressType::group};
  /// The first that there is: of the device's kind, of all.
  std::optional<Address> legacy_3gpp_recipient{};
  std::optional<Address> non_3gpp_recipient{};
  std::optional<Address> default_recipient{};
  /// Service IDs of the MSGin5G Servers that the gateway can reach. A device all of whose servers
  /// are others has its messages refused.
  std::vector<std::string> servers{};
  /// Why no server can be brought this content of an application (empty: none), in a sentence that
  /// names the way out; none: it can. Not set: all can.
  std::function<std::optional<std::string>(std::string_view application, std::string_view content)>
      why_not_carried{};
};

/// Whether one of a device's MSGin5G Servers, which its profile names, is among `servers`.
bool knows_one(const std::vector<std::string>& servers, const core::ServiceProfile& profile);

/// "AS as-1@example": type and address; "none": nobody. incorrect: another type, or no address.
base::Result<std::optional<Address>> parse_recipient(std::string_view text);
std::string to_string(const std::optional<Address>& recipient);

/// The type of that name. incorrect: there is none.
base::Result<AddressType> parse_address_type(std::string_view name);
std::string to_string(AddressType type);

}  // namespace msggw::messages
