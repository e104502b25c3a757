// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/result.h"
#include "gateway/core/device.h"
#include "storage/store.h"

namespace msggw::storage {

/// The tables of a gateway's store. Keys: DeviceNo, ProfileNo; `meta` is for single values of the
/// gateway as a whole; messages::MessageNo of `messages`, what is carried, of `queue`, how it
/// stands, of `segments`, where it belongs, and of `tracking`, what its bearer must know; DeviceNo
/// of `transactions`, whom it answers; messages::DraftNo of `drafts`, what is no message yet;
/// credentials::CredentialNo of `credentials`, what a device proves by who it is.
inline constexpr TableNo kDevices{0};
inline constexpr TableNo kProfiles{1};
inline constexpr TableNo kMeta{2};
inline constexpr TableNo kMessages{3};
inline constexpr TableNo kQueue{4};
inline constexpr TableNo kSegments{5};
inline constexpr TableNo kTransactions{6};
inline constexpr TableNo kDrafts{7};
inline constexpr TableNo kTracking{8};
inline constexpr TableNo kCredentials{9};
/// Of all of them together, for LmdbOptions::format: 2 since there are messages, 3 since there are
/// drafts, 4 since there are credentials. A program that knows an older format alone would leave
/// them where they are.
inline constexpr unsigned kGatewayFormat = 4;
/// The rows of `meta`. Stored; do not renumber.
inline constexpr std::uint64_t kHandleKey = 1;    ///< handle_key.h
inline constexpr std::uint64_t kNextMessage = 2;  ///< message_record.h
inline constexpr std::uint64_t kLastMoment = 3;   ///< moment.h

/// Their names in the order of the numbers, for LmdbOptions::tables.
std::vector<std::string> gateway_tables();

/// A row of the device table as stored. The octets begin with a version, so that a later program
/// reads older rows and an older program says so instead of guessing; about 70 octets for a MAC and
/// a Service ID of 30.
using DeviceRow = core::StoredDevice;

/// Appends the row to `out`, for a removed device five octets that hold its number's place and what
/// is still posted of it; for Batch::put_with.
void append_device(std::string& out, const core::Device& device, const core::DeviceTexts& texts);

/// storage, with the element that is wrong: an unknown version or enumerator, cut short, octets
/// left over, a Private ID or an alias that is empty or above PrivateId::kMostOctets, more aliases
/// than Device::kMostAliases, a posting or their number likewise, a push target or an observer that
/// is empty or above Device::kMostPushTargetOctets or kMostObserverOctets, a number above its type,
/// a provisioned device without a Service ID. Allocates in proportion to the octets present.
base::Result<DeviceRow> parse_device(std::string_view row);

void append_profile(std::string& out, const core::ServiceProfile& profile);

/// storage, as above; a profile without a server Service ID, or with an empty one, is wrong too.
base::Result<core::ServiceProfile> parse_profile(std::string_view row);

}  // namespace msggw::storage
