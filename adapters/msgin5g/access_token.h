// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "adapters/msgin5g/token_keys.h"

namespace msggw::msgin5g {

/// Why an access token is not taken, in the order in which it is looked at.
enum class TokenFault : std::uint8_t {
  absent,     ///< none was shown
  malformed,  ///< no signed JWT (RFC 7519, RFC 7515 3.1), or longer than kMostAccessToken
  algorithm,  ///< neither ES256 nor RS256: "none", or a secret that both sides would have
  claims,     ///< one that must be there (TS 29.510 6.3.5.2.4) is absent or of a wrong type
  key,        ///< no key here is for it
  signature,  ///< it was signed with another key, or changed since
  expired,
  not_yet,
  audience,
  issuer,
  scope,  ///< it is for other APIs
  busy    ///< more tokens that were not shown before than are looked at in a second
};
inline constexpr std::size_t kTokenFaults = 12;
/// A label of metrics and events.
std::string_view name_of(TokenFault fault) noexcept;

inline constexpr std::size_t kMostAccessToken = 8 * 1'024;  ///< octets

/// What a token says (AccessTokenClaims, TS 29.510 6.3.5.2.4).
struct TokenClaims {
  std::vector<std::string> audiences;
  std::string issuer;  ///< empty: not said
  std::string scope;
  std::chrono::sys_seconds expires;
  std::chrono::sys_seconds not_before;  ///< long ago: not said
};

/// A token as it came, of which nothing is proven.
struct AccessToken {
  tls::Signature algorithm{};
  std::string key_id;            ///< empty: not said
  std::string_view signed_part;  ///< into the text that was read
  std::string signature;
  TokenClaims claims;
};

/// absent to claims of TokenFault.
tl::expected<AccessToken, TokenFault> read_access_token(std::string_view text);

/// Whether one of the keys has signed it: those that it names, or all if it or they have no name.
/// key, signature.
tl::expected<void, TokenFault> verify(const AccessToken& token, const TokenKeys& keys);

/// Of whom and for whom tokens must be.
struct TokenRules {
  std::vector<std::string> audiences;  ///< at least one of these
  std::vector<std::string> issuers;    ///< one of these; empty: any

  bool operator==(const TokenRules&) const = default;
};

/// expired to scope of TokenFault. Clocks may differ by kLeeway.
tl::expected<void, TokenFault> judge(const TokenClaims& claims, const TokenRules& rules,
                                     std::string_view api, std::chrono::sys_seconds now);
inline constexpr std::chrono::seconds kLeeway{10};

}  // namespace msggw::msgin5g
