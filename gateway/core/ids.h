// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace msggw::core {

/// Dense number of a device in this gateway's tables, given at first contact in ascending order. It
/// is the key of everything stored about the device, so that new devices are appended to the store.
/// The number of a device that gave way (Newcomers) is given again, in another generation
/// (Device::generation), when everybody has been told (Adapter::gone()); any other never.
enum class DeviceNo : std::uint32_t {};

/// Number of an interned ServiceProfile.
enum class ProfileNo : std::uint32_t {};

/// Number of an interned text in Infos; 0: none.
enum class InfoNo : std::uint32_t {};

/// Names a request that an adapter has left open; made and understood by that adapter alone.
enum class Ticket : std::uint64_t {};

/// The ways to reach a device. Stored; do not renumber.
enum class Bearer : std::uint8_t { coap = 0, mqtt = 1, sms = 2 };
inline constexpr std::size_t kBearers = 3;
inline constexpr std::array<Bearer, kBearers> kAllBearers{Bearer::coap, Bearer::mqtt, Bearer::sms};

/// The kinds of endpoint that the Provisioning Function serves. Stored; do not renumber.
enum class UeType : std::uint8_t { non_3gpp = 0, legacy_3gpp = 1, msgin5g_ue = 2, as = 3 };

/// Stored; do not renumber. recorded: the Private ID is durable, no Service ID yet. provisioned:
/// the Service ID is durable. registered: registered at the MSGin5G Server on the device's behalf.
/// refused: the Provisioning Function's policy said no. suspended: an operator said no. removing:
/// an operator has removed it, the Provisioning Function is still to release its Service ID.
/// removed: nothing but the number is left, so that no other device ever gets it.
enum class DeviceState : std::uint8_t {
  recorded = 0,
  provisioned = 1,
  registered = 2,
  refused = 3,
  suspended = 4,
  removing = 5,
  removed = 6
};
inline constexpr std::size_t kDeviceStates = 7;
/// Those that a device can be seen in: all but removed.
inline constexpr std::array<DeviceState, kDeviceStates - 1> kVisibleStates{
    DeviceState::recorded, DeviceState::provisioned, DeviceState::registered,
    DeviceState::refused,  DeviceState::suspended,   DeviceState::removing};

/// "coap", "mqtt", "sms".
std::string_view name_of(Bearer bearer) noexcept;
/// The words of the provisioning protocol: "NON_3GPP", "LEGACY_3GPP", "MSGIN5G_UE", "AS".
std::string_view name_of(UeType type) noexcept;
std::optional<UeType> ue_type_of(std::string_view name) noexcept;
/// "recorded", "provisioned", ...
std::string_view name_of(DeviceState state) noexcept;
std::optional<DeviceState> device_state_of(std::string_view name) noexcept;

}  // namespace msggw::core
