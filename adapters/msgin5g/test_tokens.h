// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "adapters/wire/tls/test_signer.h"
#include "gateway/base/base64url.h"

/// Access tokens as somebody would issue them.
namespace msggw::msgin5g::test {

inline std::string base64url(std::string_view octets) {
  std::string text;
  base::append_base64url(
      text, std::span(reinterpret_cast<const std::uint8_t*>(octets.data()), octets.size()));
  return text;
}

/// {"iss","aud","scope","exp"} of a token for `scope` that is good for so long.
inline std::string claims(const std::string& scope = "msgg-n3gdelivery",
                          std::chrono::seconds lifetime = std::chrono::hours{1}) {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return R"({"iss":"nrf-1","sub":"m5s","aud":["other","gw-1"],"scope":")" + scope + R"(","exp":)" +
         std::to_string((now + lifetime).time_since_epoch().count()) + "}";
}

inline std::string token(const tls::test::Signer& signer, const std::string& header,
                         const std::string& payload) {
  const std::string part = base64url(header) + "." + base64url(payload);
  return part + "." + base64url(signer.sign(part));
}

}  // namespace msggw::msgin5g::test
