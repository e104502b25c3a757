// SPDX-License-Identifier: Apache-2.0
#include "gateway/core/ids.h"

namespace msggw::core {

std::string_view name_of(Bearer bearer) noexcept {
  switch (bearer) {
    case Bearer::coap: return "coap";
    case Bearer::mqtt: return "mqtt";
    case Bearer::sms: return "sms";
  }
  return "?";
}

std::string_view name_of(UeType type) noexcept {
  switch (type) {
    case UeType::non_3gpp: return "NON_3GPP";
    case UeType::legacy_3gpp: return "LEGACY_3GPP";
    case UeType::msgin5g_ue: return "MSGIN5G_UE";
    case UeType::as: return "AS";
  }
  return "?";
}

std::optional<UeType> ue_type_of(std::string_view name) noexcept {
  for (const UeType type :
       {UeType::non_3gpp, UeType::legacy_3gpp, UeType::msgin5g_ue, UeType::as}) {
    if (name == name_of(type)) return type;
  }
  return std::nullopt;
}

std::string_view name_of(DeviceState state) noexcept {
  switch (state) {
    case DeviceState::recorded: return "recorded";
    case DeviceState::provisioned: return "provisioned";
    case DeviceState::registered: return "registered";
    case DeviceState::refused: return "refused";
    case DeviceState::suspended: return "suspended";
    case DeviceState::removing: return "removing";
    case DeviceState::removed: return "removed";
  }
  return "?";
}

std::optional<DeviceState> device_state_of(std::string_view name) noexcept {
  for (const DeviceState state : kVisibleStates) {
    if (name == name_of(state)) return state;
  }
  return std::nullopt;
}

}  // namespace msggw::core
