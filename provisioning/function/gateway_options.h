// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "gateway/core/ids.h"

namespace msggw::function {

/// One who asks for Service IDs on behalf of endpoints: how it proves who it is, and what it may
/// ask for. At least one of certificate, token and psk_identity is given; each proves it alone.
struct GatewayOptions {
  static constexpr std::size_t kMostNameOctets = 64;
  static constexpr std::size_t kMostSecretOctets = 1'024;

  std::string name;            ///< unique; in logs and in the gateways of policy rules
  std::string certificate{};   ///< one of the names in its certificate, see wire/tls/names.h
  std::string token{};         ///< bearer token (RFC 6750), over HTTP
  std::string psk_identity{};  ///< over CoAP with DTLS or TLS
  std::string psk_key{};       ///< octets
  std::vector<std::filesystem::path> secret_files{};  ///< from which token and key were read
  std::vector<core::UeType> ue_types{};               ///< it may ask for; empty: all
  std::vector<std::string> private_ids{};  ///< patterns (base::matches) of canonical texts that it
                                           ///< may ask for; empty: all
};

inline constexpr std::size_t kMostGateways = 10'000;

}  // namespace msggw::function
