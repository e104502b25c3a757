// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/wire/tls/verify_key.h"
#include "gateway/base/result.h"

namespace msggw::msgin5g {

/// A key of somebody who issues access tokens.
struct TokenKey {
  std::string id;  ///< what tokens call it ("kid"); empty: nothing
  tls::VerifyKey key;
};
using TokenKeys = std::vector<TokenKey>;

/// The keys in a JWK set (RFC 7517 5) or a PEM text (tls::verify_keys_in()). Of a set those are
/// passed over that are for something else than signatures of ES256 and RS256. incorrect: it is
/// neither, a key cannot be used, or there is none or more than 16.
base::Result<TokenKeys> read_token_keys(std::string_view text);
/// Those of a file of at most 256 KiB. incorrect: "token_keys: FILE: why".
base::Result<TokenKeys> load_token_keys(const std::filesystem::path& file);

/// What base::append_base64url() was given to write `text`; none: nothing gives that text.
std::optional<std::string> octets_of_base64url(std::string_view text);

}  // namespace msggw::msgin5g
