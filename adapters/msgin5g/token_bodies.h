// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "adapters/msgin5g/options.h"
#include "adapters/wire/http/client.h"
#include "gateway/base/result.h"

namespace msggw::msgin5g {

/// The request for an access token: client credentials (RFC 6749 4.4.2) with the members of TS
/// 29.510 6.3.5.2.2 that `options` names. A client with a secret shows both in the Authorization
/// field (RFC 6749 2.3.1), one without only its name, in the body. Requires a URI.
http::ClientRequest token_request(const TokenOptions& options);

/// What a token endpoint has granted.
struct TokenGrant {
  std::string authorization;  ///< the value of the field: "Bearer ..."
  std::chrono::seconds lifetime;
};

/// The most that a token may have; peers commonly take 8 KiB for a whole header.
inline constexpr std::size_t kMostTokenOctets = 6 * 1'024;
/// Of a token of which no lifetime is told, and the longest that is believed.
inline constexpr std::chrono::seconds kUntoldLifetime{300};
inline constexpr std::chrono::seconds kLongestLifetime{86'400};

/// Reads an answer of a token endpoint (RFC 6749 5.1, 5.2; TS 29.510 6.3.5.2.3). unavailable: it
/// cannot serve now; refused: it says that this client gets no token; malformed: it is none. The
/// detail says what came, is safe to print and of bounded length.
base::Result<TokenGrant> read_token_answer(const http::ClientResponse& answer);

}  // namespace msggw::msgin5g
